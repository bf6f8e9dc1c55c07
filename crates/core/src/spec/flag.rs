//! Values of options as words of a command line.

use super::check::fitting;
use super::options::{Kind, OptionSpec};
use super::yaml::{Data, Mark, Node, Source, parse, resolve};

/// The value that the words after a flag stand for; none at all is `true`.
///
/// A mapping is written `name=value`, `name: value` or as JSON, in as many words as one likes.
///
/// # Errors
/// What is wrong with the words, and what they may be.
pub fn read_flag(option: &OptionSpec, words: &[String]) -> Result<Node, String> {
    let value = match (option.kind, words) {
        (Kind::Map, words) => mapping(option, words)?,
        (Kind::TextOrMap | Kind::Text, [word]) if word.trim_start().starts_with('{') => {
            read(option, word)?
        }
        (Kind::Bool, []) => Node::new(Data::Bool(true)),
        (Kind::Texts | Kind::Ports | Kind::Words(_) | Kind::Plain, [_, _, ..]) => {
            let items = words.iter().map(|word| single(option, word));
            Node::new(Data::Seq(items.collect()))
        }
        (_, [word]) => single(option, word),
        _ => return Err(format!("`{}` takes one value", option.flag())),
    };
    fitting(option.kind, &value).ok_or_else(|| {
        let given = words.join(" ");
        format!(
            "`{}` is {}, not `{given}`",
            option.flag(),
            option.kind.words()
        )
    })
}

fn single(option: &OptionSpec, word: &str) -> Node {
    match option.kind {
        Kind::Bool | Kind::Int(..) | Kind::Number | Kind::Ports | Kind::Plain => {
            Node::new(resolve(word))
        }
        _ => Node::text(word),
    }
}

fn mapping(option: &OptionSpec, words: &[String]) -> Result<Node, String> {
    let mut pairs: Vec<(Node, Node)> = Vec::new();
    for word in words {
        if word.trim_start().starts_with('{') {
            match read(option, word)?.data {
                Data::Map(more) => pairs.extend(more),
                _ => return Err(format!("`{}`: `{word}` is no mapping", option.flag())),
            }
            continue;
        }
        let Some((name, value)) = word.split_once([':', '=']) else {
            let said = format!("`{}`: `{word}` is no `name=value`", option.flag());
            return Err(said);
        };
        let value = read(option, value.trim()).unwrap_or_else(|_| Node::text(value.trim()));
        pairs.push((Node::text(name.trim()), value));
    }
    Ok(Node::new(Data::Map(pairs)))
}

fn read(option: &OptionSpec, word: &str) -> Result<Node, String> {
    let source = Source {
        name: "",
        text: word,
    };
    let mut node = parse(source)
        .map_err(|problem| format!("`{}`: `{word}`: {}", option.flag(), problem.said))?;
    node.mark = Mark::default();
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::super::options::{Places, find};
    use super::super::yaml::emit;
    use super::read_flag;

    fn read(name: &str, words: &[&str]) -> Result<String, String> {
        let option = find(Places::DEPLOYMENT, name).unwrap();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        read_flag(option, &words).map(|node| emit(&node))
    }

    #[test]
    fn every_kind_of_value() {
        for (name, words, yaml) in [
            ("replicas", &["2"][..], "2\n"),
            ("quiet", &[], "true\n"),
            ("quiet", &["false"], "false\n"),
            ("timeout_ready", &["-1"], "-1\n"),
            ("uses", &["m.C"], "m.C\n"),
            ("uses", &["{jtype: A}"], "jtype: A\n"),
            ("port", &["1", "2"], "- 1\n- 2\n"),
            ("protocol", &["grpc"], "grpc\n"),
            (
                "env",
                &["A=1", "B: x y", "C:http://h:1"],
                "A: 1\nB: \"x y\"\nC: \"http://h:1\"\n",
            ),
            ("uses_with", &["{\"a\": [1]}", "b=2"], "a:\n- 1\nb: 2\n"),
            ("polling", &["{\"/x\": \"ALL\"}"], "/x: ALL\n"),
            ("py_modules", &["a.py", "b.py"], "- a.py\n- b.py\n"),
        ] {
            assert_eq!(read(name, words).as_deref(), Ok(yaml), "{name}");
        }
        for (name, words, said) in [
            (
                "replicas",
                &["two"][..],
                "`--replicas` is a whole number, 1 or more, not `two`",
            ),
            ("env", &["A"], "no `name=value`"),
            ("protocol", &["telnet"], "one or a list of GRPC"),
        ] {
            assert!(read(name, words).unwrap_err().contains(said), "{name}");
        }
    }
}
