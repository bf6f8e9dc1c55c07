//! What the JSON schema allows loads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use proptest::test_runner::TestRng;
use serde_json::{Value, json};
use tidegate_core::spec::yaml::{Source, Substitutes};
use tidegate_core::spec::{FileKind, Surroundings, load, schema};

/// Draws values that a schema allows.
struct Drawer {
    root: Value,
    rng: TestRng,
    /// Names are drawn once each: a schema cannot say that they differ.
    names: u32,
}

impl Drawer {
    fn below(&mut self, limit: u64) -> u64 {
        self.rng.next_u64() % limit.max(1)
    }

    fn draw(&mut self, schema: &Value, key: &str, depth: u32) -> Value {
        if let Some(place) = schema["$ref"].as_str() {
            let target = self
                .root
                .pointer(place.trim_start_matches('#'))
                .unwrap()
                .clone();
            return self.draw(&target, key, depth);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return values[self.below(values.len() as u64) as usize].clone();
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let choice = choices[self.below(choices.len() as u64) as usize].clone();
            return self.draw(&choice, key, depth);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[self.below(kinds.len() as u64) as usize]
                .as_str()
                .unwrap()
                .to_owned(),
            kind => kind
                .as_str()
                .unwrap_or_else(|| panic!("{schema}"))
                .to_owned(),
        };
        match &*kind {
            "string" => self.text(key),
            "boolean" => json!(self.below(2) == 1),
            "number" => json!(self.below(1000)),
            "integer" => {
                let low = schema["minimum"].as_u64().unwrap_or(0);
                let high = schema["maximum"].as_u64().unwrap_or(low + 1000);
                json!(low + self.below(high - low + 1))
            }
            "array" => {
                let items = schema
                    .get("items")
                    .cloned()
                    .unwrap_or(json!({"type": "number"}));
                let count = self.below(4);
                (0..count)
                    .map(|_| self.draw(&items, key, depth + 1))
                    .collect()
            }
            "object" => self.object(schema, depth),
            other => panic!("{other}"),
        }
    }

    fn text(&mut self, key: &str) -> Value {
        if key == "name" {
            self.names += 1;
            return json!(format!("name{}", self.names));
        }
        let words = [
            "a",
            "",
            "on",
            "no",
            "3",
            "x: y",
            "module.Class",
            "e.yml",
            "p.py",
            "# {",
            "\"",
            "~",
            "é\n",
        ];
        json!(words[self.below(words.len() as u64) as usize])
    }

    fn object(&mut self, schema: &Value, depth: u32) -> Value {
        let mut object = serde_json::Map::new();
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for (name, inner) in &properties {
            let rare = if depth == 0 { 2 } else { 8 };
            // Needs, filters and methods are checked beyond what a schema can say; older names collide.
            let beyond =
                matches!(&**name, "needs" | "when" | "method") || inner["deprecated"] == true;
            if required.contains(&&**name) || (!beyond && self.below(rare) == 0) {
                object.insert(name.clone(), self.draw(inner, name, depth + 1));
            }
        }
        let never: Vec<&str> = schema["not"]["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !never.is_empty() && never.iter().all(|name| object.contains_key(*name)) {
            object.remove(never[0]);
        }
        match &schema["additionalProperties"] {
            Value::Object(inner) if self.below(2) == 0 => {
                let inner = Value::Object(inner.clone());
                object.insert("/any".into(), self.draw(&inner, "", depth + 1));
            }
            Value::Null if depth > 0 => {
                object.insert("free".into(), json!([1, {"x": null}]));
            }
            _ => {}
        }
        Value::Object(object)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn what_the_schema_allows_loads(seed in any::<[u8; 32]>(), which in 0..3_usize) {
        let root = schema();
        let rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed);
        let mut drawer = Drawer { root: root.clone(), rng, names: 0 };
        let (kind, name) = [
            (FileKind::Flow, "flow"),
            (FileKind::Deployment, "deployment"),
            (FileKind::Executor, "executor"),
        ][which];
        let value = drawer.draw(&root["$defs"][name], "", 0);
        let text = value.to_string();
        let around = Surroundings {
            substitutes: Some(Substitutes { env: &|_| None, context: &[] }),
            find_file: &|name| Some(format!("/{name}")),
            looked_in: "nowhere",
        };
        let loaded = load(kind, Source { name: "drawn.yml", text: &text }, None, &around);
        prop_assert!(loaded.is_ok(), "{}\n{:#}", loaded.unwrap_err(), value);
    }
}
