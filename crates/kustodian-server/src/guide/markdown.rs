//! Markdown as HTML, with the anchors that GitHub and mdBook give to headings.

use std::collections::HashMap;
use std::iter;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};

/// The HTML of a page; `target` says where each of its links leads.
pub(super) fn html(markdown: &str, target: &dyn Fn(&str) -> String) -> String {
    let mut anchors = Anchors::default();
    let mut events: Vec<Event<'_>> = Vec::new();
    // The place of the heading that is being read, and its text.
    let mut heading: Option<(usize, String)> = None;
    let (mut is_rust, mut is_comment) = (false, false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading = Some((events.len(), String::new()));
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((at, text)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at)
                {
                    *id = Some(anchors.next(&text).into());
                }
                events.push(event);
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = target(&dest_url).into();
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = target(&dest_url).into();
                events.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
            }
            // A table may be wider than the screen, and is moved sideways alone.
            Event::Start(Tag::Table(_)) => {
                events.push(Event::Html("<div class=\"table\">".into()));
                events.push(event);
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html("</div>\n".into()));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(ref language))) => {
                is_rust = language.starts_with("rust");
                events.push(event);
            }
            Event::End(TagEnd::CodeBlock) => {
                is_rust = false;
                events.push(event);
            }
            Event::Text(ref text) if is_rust => events.push(Event::Text(shown(text).into())),
            Event::Html(text) | Event::InlineHtml(text) => {
                // Comments are for the editors of the page; anything else was meant to be read.
                is_comment |= text.trim_start().starts_with("<!--");
                let ends = text.contains("-->");
                if !is_comment {
                    events.push(Event::Text(text));
                }
                is_comment &= !ends;
            }
            event => {
                if let (Some((_, heading)), Event::Text(text) | Event::Code(text)) = (&mut heading, &event) {
                    heading.push_str(text);
                }
                events.push(event);
            }
        }
    }
    let mut page = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut page, events.into_iter());
    page
}

/// A text as it is written in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    html::push_html(&mut escaped, iter::once(Event::Text(text.into())));
    escaped
}

/// The lines of an example that readers see: those behind `# ` only make it a whole program.
fn shown(example: &str) -> String {
    example.split_inclusive('\n').filter(|line| !(line.starts_with("# ") || line.trim_end() == "#")).collect()
}

/// The anchors of a page: the words of each heading in small letters, joined by hyphens, and a number where that is taken.
#[derive(Default)]
struct Anchors(HashMap<String, usize>);

impl Anchors {
    fn next(&mut self, heading: &str) -> String {
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        let anchor: String =
            kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let count = self.0.entry(anchor.clone()).or_default();
        *count += 1;
        if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(markdown: &str) -> String {
        html(markdown, &|link| format!("to:{link}"))
    }

    #[test]
    fn headings_have_the_anchors_of_github() {
        let html = page("# `a_b` & c: D\n\n## Same\n\n## Same\n");
        assert!(html.contains("<h1 id=\"a_b--c-d\"><code>a_b</code> &amp; c: D</h1>"), "{html}");
        assert!(html.contains("<h2 id=\"same\">") && html.contains("<h2 id=\"same-1\">"), "{html}");
    }

    #[test]
    fn links_and_pictures_lead_where_the_caller_says() {
        let html = page("[a](b.md) ![c](d.svg)");
        assert!(html.contains("<a href=\"to:b.md\">a</a>") && html.contains("src=\"to:d.svg\""), "{html}");
    }

    #[test]
    fn comments_are_left_out_and_other_html_is_text() {
        let html = page("<!-- generated\nby hand -->\n\nof a <klass>\n\n<script>alert(1)</script>\n");
        assert!(!html.contains("generated") && !html.contains("hand") && html.contains("&lt;klass&gt;"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn lines_that_only_complete_an_example_are_hidden() {
        let html = page("```rust\nlet a = 1;\n# fn main() {}\n#\n#[test]\n```\n\n```sh\n# a comment\n```\n");
        assert!(html.contains("let a = 1;\n#[test]\n</code>") && html.contains("# a comment"), "{html}");
    }

    #[test]
    fn a_wide_table_is_moved_alone() {
        assert!(page("| a |\n|---|\n| b |\n").contains("<div class=\"table\"><table>"));
    }
}
