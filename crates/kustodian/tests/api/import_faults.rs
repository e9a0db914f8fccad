//! Files that an import cannot read, wholly or in part, and what it shows meanwhile.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::importing::import;
use crate::ran::Ran;
use crate::server::{Server, TOKEN, binary};

fn written(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn each_fault_of_a_line_of_json_is_named_with_line_and_column() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let long = format!(r#"{{"name":"Ada","custom":{{"noteTxt":"{}"}}}}"#, "x".repeat(10 * 1024 * 1024));
    let large = format!(r#"{{"custom":{{"tierStr":"gold"}},"username":"{}"}}"#, "x".repeat(300));
    let record = r#"{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{"gender":"x","name":"Ada"}}"#;
    let lines: [(&[u8], &str); 10] = [
        (br#"{"name":"Ada""#, "column 13: the line is no JSON object: EOF"),
        (br#"{"name":Ada}"#, "column 9: the line is no JSON object: expected value"),
        (br#"["Ada"]"#, "column 1: the line is no JSON object: invalid type"),
        (b"{\"name\":\"Ad\xff\"}", "column 12: the line is no JSON object: invalid unicode"),
        (br#"{"name": 5}"#, "column 10 (name): Invalid type: number (expected string/null)"),
        (br#"{"emails":[{"email":"a@x.example"},{"email":"nobody"}]}"#, "column 45 (emails): Format validation failed"),
        (br#"{"name":"Ada", "custom": {"scoreNum": "many"}}"#, "column 39 (custom.scoreNum): "),
        (large.as_bytes(), "column 41 (username): String is too long (300 chars), maximum 256"),
        (long.as_bytes(), "column 4194305: the line is longer than 4194304 bytes"),
        (record.as_bytes(), "column 75 (gender): No enum match"),
    ];
    let bytes = lines.iter().map(|(line, _)| *line).collect::<Vec<_>>().join(&b'\n');
    let file = written(folder.path(), "people.jsonl", bytes);
    for more in [&[][..], &["--dry-run"]] {
        let ran = import(&server, "customers", &file, more);
        assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
        let said: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("line ")).collect();
        for (at, (_, words)) in lines.iter().enumerate() {
            let words = format!("line {}, {words}", at + 1);
            assert!(said.iter().any(|line| line.contains(&words)), "{words}: {said:#?}");
        }
    }
}

#[test]
fn a_compressed_file_that_ends_too_early_is_refused_with_the_place_reached() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    // It does not compress well: its end is far from the end of what can be read.
    let noise = |at: u64| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16).to_string();
    let rows: Vec<String> = (0..20_000).map(|at| format!("Ada {} {}", noise(at), noise(at + 7))).collect();
    let json: String = rows.iter().map(|name| format!("{}\n", json!({ "name": name }))).collect();
    let table = format!("name\n{}\n", rows.join("\n"));
    for (name, text) in [("people.jsonl", json), ("people.csv", table)] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let packed = [("gz", gzip.finish().unwrap()), ("zst", zstd::encode_all(text.as_bytes(), 1).unwrap())];
        for (ending, bytes) in packed {
            let file = written(folder.path(), &format!("{name}.{ending}"), &bytes[..bytes.len() / 2]);
            let ran = import(&server, "customers", &file, &["--dry-run"]);
            assert_eq!(ran.code, Some(1), "{name}.{ending}: {}{}", ran.stdout, ran.stderr);
            let (_, said) = ran.stderr.split_once("line ").expect(&ran.stderr);
            let (line, rest) = said.split_once(", column ").unwrap();
            assert!((1_000..20_000).contains(&line.parse::<usize>().unwrap()), "{said}");
            let (column, reason) = rest.split_once(": ").unwrap();
            assert!(
                column.parse::<usize>().unwrap() >= 1 && reason.starts_with("the file cannot be read on"),
                "{said}"
            );
        }
    }
    assert_eq!(server.get("/v1/customers").expect(200).data(), &json!([]));
}

/// The parts of the messages of a bar.
fn shown(printed: &str) -> Vec<(u64, u64, u64)> {
    let number = |text: &str| -> Option<u64> { text.rsplit([' ', '\r']).next()?.parse().ok() };
    let parts = printed.split("% ").skip(1).zip(printed.split("% "));
    let read = |(after, before): (&str, &str)| {
        let (rows, rest) = after.split_once(" rows, ")?;
        let (rate, rest) = rest.split_once(" a second ")?;
        let (left, _) = rest.split_once(" left")?;
        assert!(
            left.ends_with(['s', 'm', 'h', 'd']) && left.starts_with(|first: char| first.is_ascii_digit()),
            "{left}"
        );
        Some((number(before)?, rows.parse().ok()?, rate.parse().ok()?))
    };
    parts.filter_map(read).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn an_import_on_a_terminal_shows_its_rate_and_the_remaining_time() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let lines: Vec<Value> = (0..1_200).map(|at| json!({ "name": format!("Ada {at}") })).collect();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = written(folder.path(), "people.jsonl", &text);
    let plain = import(&server, "customers", &file, &["--output", "json"]);
    assert_eq!(plain.stderr, "", "there is no terminal");
    assert_eq!(plain.json()["created"], 1_200);

    // The program makes a pseudo terminal for all three of the command's streams.
    let mut command = Command::new("script");
    let line = format!("{} import customers {} --output json", binary().get_program().display(), file.display());
    command.args(["--quiet", "--return", "--command", &line]).arg("/dev/null");
    command.env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN).env("TERM", "xterm");
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let shown = shown(&ran.stdout);
    assert!(shown.len() > 1, "{:?}", ran.stdout);
    assert!(shown.is_sorted_by_key(|(percent, rows, _)| (*percent, *rows)), "{shown:?}");
    let (percent, rows, rate) = *shown.last().unwrap();
    assert!(percent <= 100 && (100..=1_200).contains(&rows) && rate > 0, "{shown:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_import_needs_the_same_memory_for_many_rows_as_for_few() {
    let mut command = binary();
    command.args(["import", "customers", "-", "--format", "csv", "--dry-run", "--output", "json"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(b"name,e-mail,tier\n").unwrap();
    // All but what a pipe holds has been read when a write returns.
    let mut write = |rows: std::ops::Range<u32>| {
        let text: String = rows.map(|at| format!("Ada Lovelace {at},ada{at}@x.example,gold\n")).collect();
        input.write_all(text.as_bytes()).unwrap();
    };
    let peak = || -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    write(0..20_000);
    let few = peak();
    // The rows are 45 bytes each: 9 MB, and several times as much as objects.
    write(20_000..220_000);
    let many = peak();
    drop(input);
    let output = process.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["created"], &said["refused"]), (&json!(220_000), &json!(0)));
    assert!(many < few + 4_096, "{few} kB for 20,000 rows, {many} kB for 220,000");
}
