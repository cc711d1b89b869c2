//! The body of a notice as text that can only be read: what is shown is what was signed. Nothing of it is interpreted but what its
//! looks alone depend on, and of a link both its words and where it leads stand there, as they were written.
//!
//! | in a body of CommonMark | is shown |
//! |---|---|
//! | a heading of one to six `#` | without them |
//! | `**strong**`, `__strong__`, in pairs around whole words of one line | without the signs |
//! | these inside code, inside words, or without their pair | as they are: taking them away could change a number |
//! | links, images, references, autolinks | as they are: `[words](place)` |
//! | HTML, entities, comments | as they are: text |
//! | what commands a terminal, turns its direction or is not seen | as escapes ([`lacre_words::shown`]) |
//!
//! A body of plain text is shown as it is.

use crate::context::Context;
use lacre_core::Client;
use lacre_core::network::Network;
use lacre_core::view::{Genuine, OfficialNotice};
use lacre_transport::GrpcNetwork;
use lacre_words::failure::Failure;
use lacre_words::shown::paragraph;

/// Most bytes of a body that is shown; a longer one is saved.
pub(crate) const MOST: u64 = 256 * 1024;

/// Whether a media type is text that is shown.
pub(crate) fn is_text(media: &str) -> bool {
    matches!(kind(media).as_str(), "text/markdown" | "text/plain")
}

/// A media type without its parameters.
fn kind(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The body, if it is text that can be shown. What is not text, or is long, is saved.
pub(crate) fn text_of(
    ctx: &Context,
    client: &mut Client,
    net: Option<&mut GrpcNetwork>,
    notice: &OfficialNotice,
    genuine: &Genuine,
) -> Result<Option<String>, Failure> {
    let showable = genuine.notice.files.first().is_some_and(|f| is_text(&f.media) && f.len <= MOST);
    if !showable {
        return Ok(None);
    }
    let net = net.map(|net| net as &mut dyn Network);
    let file = client.notice_file(net, notice.id, 0).map_err(|t| ctx.trouble(t))?;
    Ok(file.and_then(|file| String::from_utf8(file.bytes.to_vec()).ok()))
}

/// The body of this notice as it is shown.
pub(crate) fn of(genuine: &Genuine, source: &str) -> String {
    shown_text(source, genuine.notice.files.first().map_or("", |file| file.media.as_str()))
}

/// As it is shown, line by line.
pub(crate) fn shown_text(source: &str, media: &str) -> String {
    let mut fence = None;
    let plain = kind(media) == "text/plain";
    let line = |line: &str| if plain || in_code(line, &mut fence) { line.to_owned() } else { reduced(line) };
    let lines: Vec<String> = source.lines().map(line).collect();
    paragraph(lines.join("\n").trim_end(), "")
}

/// The same for paper: line by line, and whether it is a heading. Nothing in it is dangerous to a page.
pub(crate) fn lines(source: &str, media: &str) -> Vec<(bool, String)> {
    let mut fence = None;
    let plain = kind(media) == "text/plain";
    let one = |line: &str| {
        if plain || in_code(line, &mut fence) {
            return (false, line.to_owned());
        }
        let reduced = reduced(line);
        (line.trim_start_matches(' ').starts_with('#') && !reduced.trim_start().starts_with('#'), reduced)
    };
    source.lines().map(one).map(|(heading, line)| (heading, paragraph(&line, ""))).collect()
}

/// Whether a line is of code or opens or closes it: between fences, or four columns to the right.
fn in_code(line: &str, fence: &mut Option<(char, usize)>) -> bool {
    let inside = line.trim_start_matches(' ');
    let first = inside.chars().next().filter(|c| matches!(c, '`' | '~'));
    let marks = first.map_or(0, |first| inside.chars().take_while(|c| *c == first).count());
    let indented = line.len() - inside.len() >= 4 || inside.starts_with('\t');
    match (*fence, first) {
        (Some((mark, length)), Some(first)) if first == mark && marks >= length && !indented => *fence = None,
        (None, Some(first)) if marks >= 3 && !indented => *fence = Some((first, marks)),
        (Some(_), _) => {}
        (None, _) => return indented,
    }
    true
}

/// Without the signs of headings and of stress.
fn reduced(line: &str) -> String {
    let inside = line.trim_start_matches(' ');
    let marks = inside.chars().take_while(|c| *c == '#').count();
    let line = match inside.get(marks..).and_then(|rest| rest.strip_prefix(' ')) {
        Some(heading) if (1..=6).contains(&marks) => heading.trim(),
        _ => line,
    };
    // inside of code signs mean themselves
    if line.contains(['`', '\\']) { line.to_owned() } else { unstressed(&unstressed(line, "**"), "__") }
}

/// Without pairs of this sign around whole words.
fn unstressed(line: &str, sign: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, inner, behind)) = pair(rest, &out, sign) {
        out.push_str(before);
        out.push_str(inner);
        rest = behind;
    }
    out + rest
}

/// What stands before the first pair, inside and behind it.
fn pair<'t>(text: &'t str, done: &str, sign: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, opened) = text.split_once(sign)?;
    let (inner, behind) = opened.split_once(sign)?;
    let apart = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || (c.is_ascii_punctuation() && !sign.contains(c)));
    let outer = apart(before.chars().next_back().or_else(|| done.chars().next_back())) && apart(behind.chars().next());
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    (outer && inside(inner.chars().next()) && inside(inner.chars().next_back())).then_some((before, inner, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKDOWN: &str = "text/markdown";

    #[test]
    fn headings_and_stress_lose_their_signs_and_everything_else_is_what_was_signed() {
        for (source, text) in [
            ("# Resolución 12 \n\nSe **rechaza** su __solicitud__.", "Resolución 12\n\nSe rechaza su solicitud."),
            ("####### siete", "####### siete"),
            ("#1 no es un título", "#1 no es un título"),
            // a number that would become another one
            ("Debe pagar 10**0**000 o 2**3", "Debe pagar 10**0**000 o 2**3"),
            ("**sin fin y 3 ** 4", "**sin fin y 3 ** 4"),
            ("x `**a**` y \\**b**", "x `**a**` y \\**b**"),
            ("```\n# no\n**no**\n```\n# sí", "```\n# no\n**no**\n```\nsí"),
            ("    **código**", "    **código**"),
        ] {
            assert_eq!(shown_text(source, MARKDOWN), text, "{source}");
            assert_eq!(shown_text(source, "text/plain"), source.trim_end(), "plain text is as it is");
        }
    }

    #[test]
    fn links_show_their_words_and_where_they_lead_as_written_and_html_is_text() {
        for source in [
            "[https://banco.example](https://mal.example/x)",
            "[Pague (https://banco.example)](https://mal.example)",
            "![firma](cid:1) [otra [cosa](x) [sin fin](",
            "[1]: https://mal.example 'título'",
            "<https://mal.example> <a href='https://mal.example'>banco</a> <!-- no se ve -->",
            "&#x202e; &nbsp; &lt;b&gt;",
            "<script>alert(1)</script><style>*{display:none}</style>",
        ] {
            assert_eq!(shown_text(source, MARKDOWN), source);
        }
    }

    #[test]
    fn nothing_commands_the_terminal_or_turns_its_direction() {
        let hostile = "# a\u{1b}[2J\n[b\u{202e}](c\u{7}\u{200f})\r\n\u{2028}d\re\u{9b}31m\u{feff}";
        for media in [MARKDOWN, "text/plain"] {
            let text = shown_text(hostile, media);
            assert!(text.chars().all(|c| c == '\n' || !lacre_words::shown::dangerous(c)), "{text:?}");
            assert_eq!(text.lines().count(), 3);
        }
    }

    #[test]
    fn what_is_long_or_deep_is_shown_whole() {
        let most = usize::try_from(MOST).unwrap();
        for piece in ["[", "](", "**", "**a** ", "> ", "- ", "`", "\n", "#", "    ", "x"] {
            let source = piece.repeat(most / piece.len());
            let text = shown_text(&source, MARKDOWN);
            let kept = |text: &str| text.chars().filter(|c| !matches!(c, '*' | '#' | ' ' | '\n')).count();
            assert_eq!(kept(&text), kept(&source), "{piece}");
        }
    }

    #[test]
    fn only_text_is_shown() {
        assert!(is_text("text/markdown; charset=utf-8") && is_text("Text/Plain"));
        assert!(!is_text("text/html") && !is_text("application/pdf") && !is_text(""));
    }
}
