//! docs/recording.svg: what a terminal shows of the first commands. They are really run, on a server that is started for it.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

const FILE: &str = "docs/recording.svg";

/// The first one continues while the others run.
const SERVE: &str = "kustodian serve";

const COMMANDS: &[&str] = &[
    "kustodian customers create --name \"Ada Lovelace\" --email ada@acme.example --custom tierStr=gold",
    "kustodian customers search 'tier=gold'",
    "kustodian customers update $id --custom tierStr=platinum",
    "kustodian customers get $id --rev 1",
];

/// Where it says it listens, whatever port was free.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Builds the program, unless the variable KUSTODIAN names one, runs the commands and writes the picture; or only compares it
/// with the one that is there.
pub(crate) fn run(check: bool) -> Result<()> {
    let program = match env::var_os("KUSTODIAN") {
        Some(program) => PathBuf::from(program),
        None => {
            process::build(&["--bin", "kustodian"])?;
            workspace::Metadata::load()?.binary("debug", "kustodian")
        }
    };
    let programs = program.parent().context("KUSTODIAN names a program by its whole path")?;
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap_or_default());
    let mut server = Server(
        process::program(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:"])
            .env("KUSTODIAN_BOOTSTRAP_TOKEN", "recording")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the server")?,
    );
    let mut lines = BufReader::new(server.0.stdout.take().context("the server has no output")?).lines();
    let (greeting, url) = loop {
        let line = lines.next().context("the server ended before it listened")??;
        if let Some((_, url)) = line.split_once(" listening on ") {
            let url = url.to_owned();
            break (line, url);
        }
    };
    let mut shown = vec![Shown::typed(SERVE), Shown::printed(&greeting.replace(&url, ADDRESS)), Shown::printed("")];
    let mut id = String::new();
    for command in COMMANDS {
        shown.push(Shown::typed(&command.replace("$id", &id)));
        let mut shell = process::program("bash");
        shell.args(["-c", command]).env("PATH", &path).env("id", &id);
        shell.env("KUSTODIAN_URL", &url).env("KUSTODIAN_TOKEN", "recording");
        let printed = String::from_utf8(process::output(&mut shell)?)?;
        for line in printed.lines() {
            if let Some(made) = line.trim().strip_prefix("id ") {
                made.trim().clone_into(&mut id);
            }
            shown.push(Shown::printed(line.trim_end()));
        }
        shown.push(Shown::printed(""));
    }
    if id.is_empty() {
        bail!("the commands printed no id");
    }
    let (path, new) = (workspace::root().join(FILE), picture(&shown));
    if check {
        let kept = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?;
        let (kept, new) = (lasting(&kept), lasting(&new));
        if let Some((kept, new)) = kept.lines().zip(new.lines()).find(|(kept, new)| kept != new) {
            bail!("the terminal shows something else now: run `cargo xtask recording`\n- {kept}\n+ {new}");
        }
        anyhow::ensure!(kept == new, "the terminal shows more or less now: run `cargo xtask recording`");
        println!("{FILE} shows what the commands print");
        return Ok(());
    }
    fs::write(path, new).with_context(|| format!("cannot write {FILE}"))?;
    println!("{FILE} is written");
    Ok(())
}

/// The picture without what differs each time: ids, and moments.
fn lasting(picture: &str) -> String {
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':' | '.');
    let mut kept = String::new();
    let mut rest = picture;
    while let Some(begin) = rest.find(is_inside) {
        let (before, from) = rest.split_at(begin);
        let (word, after) = from.split_at(from.find(|letter| !is_inside(letter)).unwrap_or(from.len()));
        let is_id = word.len() == 24 && word.chars().all(|letter| letter.is_ascii_hexdigit());
        let is_moment = word.len() >= 20 && word.starts_with("20") && word.contains('T') && word.ends_with('Z');
        kept.extend([
            before,
            if is_id {
                "ID"
            } else if is_moment {
                "MOMENT"
            } else {
                word
            },
        ]);
        rest = after;
    }
    kept + rest
}

/// Ended when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A line on the screen.
struct Shown {
    text: String,
    is_typed: bool,
}

impl Shown {
    fn typed(text: &str) -> Self {
        Self { text: text.to_owned(), is_typed: true }
    }

    fn printed(text: &str) -> Self {
        Self { text: text.to_owned(), is_typed: false }
    }
}

const LINE: usize = 19;
const COLUMN: usize = 8;
const MARGIN: usize = 16;
const BAR: usize = 30;

/// The lines as SVG. Each appears at its time; without animation, all are there.
fn picture(shown: &[Shown]) -> String {
    let columns = shown.iter().map(|line| line.text.chars().count() + 2).max().unwrap_or_default();
    let (width, height) = (columns * COLUMN + 2 * MARGIN, shown.len() * LINE + 2 * MARGIN + BAR);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"A terminal in which a server starts, and a customer is created, found, changed and read\">\n\
         <style>\n\
         text {{ font: 13.3px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #d5d8de; white-space: pre; }}\n\
         .typed {{ fill: #9be28f; }}\n\
         .line {{ animation: appear .05s backwards; }}\n\
         @keyframes appear {{ from {{ opacity: 0; }} to {{ opacity: 1; }} }}\n\
         @media (prefers-reduced-motion: reduce) {{ .line {{ animation: none; }} }}\n\
         </style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1b1b\"/>\n\
         <circle cx=\"20\" cy=\"18\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"40\" cy=\"18\" r=\"6\" fill=\"#febc2e\"/>\
         <circle cx=\"60\" cy=\"18\" r=\"6\" fill=\"#28c840\"/>\n"
    );
    let mut seconds = 0.3_f64;
    for (number, line) in shown.iter().enumerate() {
        seconds += if line.is_typed { 1.2 } else { 0.06 };
        if line.text.is_empty() {
            continue;
        }
        let (class, prompt) = if line.is_typed { (" typed", "$ ") } else { ("", "") };
        let y = BAR + MARGIN + (number + 1) * LINE - 5;
        // Writing to a text cannot fail.
        let _ = writeln!(
            svg,
            "<text class=\"line{class}\" style=\"animation-delay: {seconds:.2}s\" x=\"{MARGIN}\" y=\"{y}\" \
             xml:space=\"preserve\">{prompt}{}</text>",
            escaped(&line.text)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_moments_are_no_difference_of_two_pictures() {
        let first = lasting("<text>$ get 6a0000000000000000000001 at 2026-01-02T03:04:05.678Z</text>");
        assert_eq!(first, lasting("<text>$ get 6affffffffffffffffffffff at 2027-12-31T23:59:59.001Z</text>"));
        assert_eq!(first, "<text>$ get ID at MOMENT</text>");
        assert_ne!(lasting("tier gold"), lasting("tier silver"));
    }

    #[test]
    fn a_picture_has_each_line_escaped_and_later_than_the_one_before() {
        let svg = picture(&[Shown::typed("a <b>"), Shown::printed(""), Shown::printed("c & d")]);
        let first = svg.find("1.50s").unwrap();
        assert!(svg.contains("$ a &lt;b&gt;</text>") && svg.contains(">c &amp; d</text>"), "{svg}");
        assert!(svg.find("1.62s").unwrap() > first, "{svg}");
    }
}
