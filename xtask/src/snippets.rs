//! Runs every Python snippet of the pages, so that none of them lies.
//!
//! A fenced block that says `python` is a program of its own; one that says `python continued` goes
//! on from the one above it in the same page; `python norun` is shown only.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::workspace::{self, Fail};

const MOST: Duration = Duration::from_secs(60);

struct Snippet {
    /// The line of its first fence.
    line: usize,
    program: String,
}

/// Fails with each snippet that does not run to its end.
pub fn run(python: &Path) -> Result<(), Fail> {
    let python = fs::canonicalize(python.parent().unwrap_or(python))
        .map_err(|error| format!("cannot find {}: {error}", python.display()))?
        .join(python.file_name().unwrap_or_default());
    let scratch = workspace::root().join("target/xtask-snippets");
    fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let mut wrong = Vec::new();
    for path in workspace::files()?
        .into_iter()
        .filter(|path| path.ends_with(".md"))
    {
        let page = fs::read_to_string(workspace::root().join(&path)).map_err(|e| e.to_string())?;
        for snippet in snippets(&page) {
            let name = format!("{}_{}.py", path.replace(['/', '.', '-'], "_"), snippet.line);
            let file = scratch.join(name);
            fs::write(&file, &snippet.program).map_err(|error| error.to_string())?;
            if let Err(said) = execute(&python, &file) {
                wrong.push(format!("{path}:{}: {said}", snippet.line));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn execute(python: &Path, file: &Path) -> Result<(), Fail> {
    let log = file.with_extension("log");
    let said = fs::File::create(&log).map_err(|error| error.to_string())?;
    let mut child = Command::new(python)
        .arg(file)
        // What a snippet writes lies beside it.
        .current_dir(file.parent().unwrap_or(file))
        .stdin(Stdio::null())
        .stdout(said.try_clone().map_err(|error| error.to_string())?)
        .stderr(said)
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", python.display()))?;
    let deadline = Instant::now() + MOST;
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{status}\n{}", said_in(&log))),
            None if Instant::now() > deadline => {
                child.kill().map_err(|error| error.to_string())?;
                return Err(format!(
                    "still runs after {} s\n{}",
                    MOST.as_secs(),
                    said_in(&log)
                ));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn said_in(log: &Path) -> String {
    fs::read_to_string(log)
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

fn snippets(page: &str) -> Vec<Snippet> {
    let mut found: Vec<Snippet> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```python") else {
            continue;
        };
        let body: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .collect();
        let body = body.join("\n") + "\n";
        match info.trim() {
            "" => found.push(Snippet {
                line: index + 1,
                program: body,
            }),
            "continued" => match found.last_mut() {
                Some(above) => above.program.push_str(&body),
                None => found.push(Snippet {
                    line: index + 1,
                    program: body,
                }),
            },
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::snippets;

    #[test]
    fn a_continued_snippet_joins_the_one_above() {
        let page = "# x\n```python\na = 1\n```\ntext\n```python continued\nassert a\n```\n\
                    ```python norun\nboom\n```\n```sh\nls\n```\n```python\nb = 2\n```\n";
        let found = snippets(page);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].program, "a = 1\nassert a\n");
        assert_eq!((found[1].line, found[1].program.as_str()), (15, "b = 2\n"));
    }
}
