//! Writes the code and descriptors that are made from `proto/*.proto`. Nobody needs `protoc`.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use prost_types::FileDescriptorSet;

const SOURCES: [&str; 2] = ["docarray.proto", "jina.proto"];
const CODE: &str = "crates/proto/src/generated";
/// Both places hold the same bytes: reflection reads one, Python builds messages from the other.
const DESCRIPTORS: [&str; 2] = [
    "crates/proto/src/generated/descriptors.bin",
    "python/tidegate/_descriptors.bin",
];
const MARK: &str = "// Made by `cargo run -p xtask -- gen` from proto/*.proto. Do not edit.\n";

/// Generates everything; with `check`, only says which committed files differ.
pub fn run(check: bool) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask has no parent folder")?
        .to_owned();
    let mut files = generate(&root)?;
    files.extend(crate::pages::pages());
    let mut stale = Vec::new();
    for (path, content) in files {
        if fs::read(root.join(&path)).ok().as_deref() == Some(content.as_slice()) {
            continue;
        }
        if check {
            stale.push(path.display().to_string());
        } else {
            fs::write(root.join(&path), content)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "out of date: {}; run `cargo run -p xtask -- gen`",
        stale.join(", ")
    ))
}

fn generate(root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
    let include = root.join("proto");
    let mut compiler = protox::Compiler::new([&include]).map_err(|error| error.to_string())?;
    compiler.include_source_info(true).include_imports(true);
    compiler
        .open_files(SOURCES)
        .map_err(|error| format!("{error:?}"))?;
    let described = compiler.file_descriptor_set();

    let scratch = root.join("target/xtask-gen");
    fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let mut config = tonic_prost_build::Config::new();
    config
        .out_dir(&scratch)
        .bytes(["."])
        .btree_map(["."])
        .format(false);
    config
        .compile_fds(described.clone())
        .map_err(|error| error.to_string())?;

    let mut files = Vec::new();
    for package in ["docarray", "jina"] {
        let code = fs::read_to_string(scratch.join(format!("{package}.rs")))
            .map_err(|error| error.to_string())?;
        let path = Path::new(CODE).join(format!("{package}.rs"));
        files.push((path, format!("{MARK}{code}").into_bytes()));
    }
    let descriptors = without_source_info(described).encode_to_vec();
    files.extend(DESCRIPTORS.map(|path| (PathBuf::from(path), descriptors.clone())));
    Ok(files)
}

fn without_source_info(mut set: FileDescriptorSet) -> FileDescriptorSet {
    for file in &mut set.file {
        file.source_code_info = None;
    }
    set
}
