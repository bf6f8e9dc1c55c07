//! The JSON schema of the files, for editors.

use serde_json::{Map, Value, json};

use super::flow_file::{
    BATCHING_KEYS, DEPLOYMENT_KEYS, EXECUTOR_KEYS, FLOW_KEYS, GATEWAY_KEYS, METHODS, VERSIONS,
};
use super::options::{Fate, Kind, Literal, OptionSpec, Places, RENAMED, options_of};

/// The schema of the files that describe a Flow, a Deployment or an Executor.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tidegate: a Flow, a Deployment or an Executor",
        "type": "object",
        "if": {"properties": {"jtype": {"enum": ["Flow", "AsyncFlow"]}}, "required": ["jtype"]},
        "then": {"$ref": "#/$defs/flow"},
        "else": {
            "if": {"properties": {"jtype": {"const": "Deployment"}}, "required": ["jtype"]},
            "then": {"$ref": "#/$defs/deployment"},
            "else": {"$ref": "#/$defs/executor"},
        },
        "$defs": {
            "flow": flow(),
            "deployment": closed(DEPLOYMENT_KEYS, |key| match key {
                "jtype" => json!({"const": "Deployment"}),
                "with" => json!({"$ref": "#/$defs/deployment_options"}),
                _ => versions(),
            }, &["jtype"]),
            "executor": closed(EXECUTOR_KEYS, code, &["jtype"]),
            "gateway_code": closed(GATEWAY_KEYS, code, &["jtype"]),
            "flow_options": place(Places::FLOW, &[]),
            "deployment_options": place(Places::DEPLOYMENT, &[]),
            "gateway": gateway(),
            "executor_options": place(Places::EXECUTOR, &[("method", json!({"enum": METHODS}))]),
            "batching": closed(BATCHING_KEYS, batching, &[]),
        },
    })
}

fn flow() -> Value {
    let executors = json!({"type": "array", "items": {"$ref": "#/$defs/executor_options"}});
    let known = |key: &str| match key {
        "jtype" => json!({"enum": ["Flow", "AsyncFlow"]}),
        "with" => json!({"$ref": "#/$defs/flow_options"}),
        "executors" | "deployments" => executors.clone(),
        "gateway" => json!({"$ref": "#/$defs/gateway"}),
        _ => versions(),
    };
    let mut flow = closed(FLOW_KEYS, known, &["jtype"]);
    if let Some(fields) = flow.as_object_mut() {
        fields.insert(
            "not".into(),
            json!({"required": ["executors", "deployments"]}),
        );
    }
    flow
}

fn gateway() -> Value {
    let mut gateway = place(Places::GATEWAY, &[("with", json!({"type": "object"}))]);
    if let Some(fields) = gateway.as_object_mut() {
        fields.insert("not".into(), json!({"required": ["with", "uses_with"]}));
    }
    gateway
}

fn versions() -> Value {
    json!({"enum": VERSIONS})
}

fn code(key: &str) -> Value {
    match key {
        "jtype" => {
            json!({"type": "string", "description": "the class: its name, or `module.Class`"})
        }
        "py_modules" => json!({"anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
        ]}),
        "dynamic_batching" => {
            json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/batching"}})
        }
        "requests" => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        "port" => kind(Kind::Ports),
        "protocol" => kind(Kind::Words(&["GRPC", "HTTP", "WEBSOCKET"])),
        "version" => versions(),
        _ => json!({"type": "object"}),
    }
}

fn batching(key: &str) -> Value {
    match key {
        "preferred_batch_size" => json!({"type": "integer", "minimum": 1}),
        "timeout" => json!({"type": "number", "minimum": 0, "description": "in ms"}),
        "custom_metric" => json!({"type": "string"}),
        _ => json!({"type": "boolean"}),
    }
}

/// An object of known keys only.
fn closed(keys: &[&str], known: impl Fn(&str) -> Value, required: &[&str]) -> Value {
    let keys = keys.iter().map(|key| ((*key).to_owned(), known(key)));
    let properties: Map<String, Value> = keys.collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The options of one place, and what stands beside them.
fn place(place: Places, beside: &[(&str, Value)]) -> Value {
    let mut properties = Map::new();
    for option in options_of(place) {
        properties.insert(option.name.to_owned(), of_option(option));
    }
    for (old, today) in RENAMED {
        if let Some(Value::Object(fields)) = properties.get(*today) {
            let mut fields = fields.clone();
            fields.insert("deprecated".into(), json!(true));
            fields.insert(
                "description".into(),
                json!(format!("an older name of `{today}`")),
            );
            properties.insert((*old).to_owned(), Value::Object(fields));
        }
    }
    for (name, value) in beside {
        properties.insert((*name).to_owned(), value.clone());
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn of_option(option: &OptionSpec) -> Value {
    let mut value = match option.name {
        "uses" | "uses_before" | "uses_after" if option.kind == Kind::TextOrMap => {
            json!({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/executor"}]})
        }
        _ => kind(option.kind),
    };
    let unit = if option.unit.is_empty() {
        String::new()
    } else {
        format!(" (in {})", option.unit)
    };
    let doc = match option.fate {
        Fate::Built => format!("{}{unit}", option.doc),
        Fate::Inert => format!("has no effect here: {}", option.doc),
        Fate::Unbuilt => format!("is not built yet: {}", option.doc),
    };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("description".into(), json!(doc));
        match option.default {
            Literal::Null => None,
            Literal::Bool(flag) => fields.insert("default".into(), json!(flag)),
            Literal::Int(number) => fields.insert("default".into(), json!(number)),
            Literal::Text(text) => fields.insert("default".into(), json!(text)),
            Literal::Empty => fields.insert("default".into(), json!([])),
        };
    }
    value
}

fn kind(kind: Kind) -> Value {
    let one_or_list = |one: Value| json!({"anyOf": [one, {"type": "array", "items": one}]});
    match kind {
        Kind::Text => json!({"type": ["string", "number"]}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int(low, i64::MAX) => json!({"type": "integer", "minimum": low}),
        Kind::Int(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Kind::Number => json!({"type": "number"}),
        Kind::Texts => one_or_list(json!({"type": "string"})),
        Kind::Ports => one_or_list(json!({"type": "integer", "minimum": 0, "maximum": 65535})),
        Kind::Map => json!({"type": "object"}),
        Kind::TextOrMap => json!({"type": ["string", "object"]}),
        Kind::Plain => json!({"type": ["string", "number", "boolean", "array"]}),
        Kind::Word(words) => json!({"enum": both_cases(words)}),
        Kind::Words(words) => one_or_list(json!({"enum": both_cases(words)})),
        Kind::Code => json!(false),
    }
}

fn both_cases(words: &[&str]) -> Vec<String> {
    let lower = words.iter().map(|word| word.to_lowercase());
    words
        .iter()
        .map(|word| (*word).to_owned())
        .chain(lower)
        .collect()
}
