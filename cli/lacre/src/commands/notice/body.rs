//! The body of a notice, CommonMark reduced to text that can only be read: marks of headings and of stress go, a link shows where it
//! leads, HTML is text like any other, and nothing commands the terminal or turns its direction.

use lacre_words::shown::paragraph;

/// Most bytes of a body that is shown; a longer one is saved.
pub(crate) const MOST: u64 = 256 * 1024;

/// Whether a media type is text that is shown.
pub(crate) fn is_text(media: &str) -> bool {
    let kind = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "text/markdown" | "text/plain")
}

/// As it is shown.
pub(crate) fn shown_text(source: &str) -> String {
    let reduced: Vec<String> = source.lines().map(line).collect();
    paragraph(reduced.join("\n").trim_end(), "")
}

fn line(source: &str) -> String {
    let trimmed = source.trim_start();
    let marks = trimmed.chars().take_while(|c| *c == '#').count();
    let source = match trimmed.get(marks..).and_then(|rest| rest.strip_prefix(' ')) {
        Some(heading) if (1..=6).contains(&marks) => heading.trim_end_matches('#').trim_end(),
        _ => source,
    };
    links(&source.replace("**", "").replace("__", ""))
}

/// `[words](place)` becomes `words (place)`: what is read is where it leads.
fn links(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once('[') {
        let link = behind.split_once("](").and_then(|(words, tail)| Some((words, tail.split_once(')')?)));
        match link {
            Some((words, (place, tail))) if !words.contains('[') => {
                out.push_str(before.strip_suffix('!').unwrap_or(before));
                out.push_str(&format!("{words} ({place})"));
                rest = tail;
            }
            _ => {
                out.push_str(before);
                out.push('[');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_shows_where_it_leads_and_html_is_text() {
        for (source, text) in [
            ("# Resolución 12 #\n\nSe **rechaza** su solicitud.", "Resolución 12\n\nSe rechaza su solicitud."),
            ("[Pague aquí](https://mal.example/x)", "Pague aquí (https://mal.example/x)"),
            ("![firma](cid:1) y [otra [cosa](x)", "firma (cid:1) y [otra cosa (x)"),
            ("<a href='https://mal.example'>banco</a>", "<a href='https://mal.example'>banco</a>"),
            ("<!-- no se ve -->", "<!-- no se ve -->"),
            ("[sin fin](", "[sin fin]("),
            ("####### siete", "####### siete"),
        ] {
            assert_eq!(shown_text(source), text, "{source}");
        }
    }

    #[test]
    fn nothing_commands_the_terminal_or_turns_its_direction() {
        let hostile = "# a\u{1b}[2J\n[b\u{202e}](c\u{7}\u{200f})\r\n\u{2028}d";
        let text = shown_text(hostile);
        assert!(text.chars().all(|c| c == '\n' || !lacre_words::shown::dangerous(c)), "{text:?}");
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn only_text_is_shown() {
        assert!(is_text("text/markdown; charset=utf-8") && is_text("Text/Plain"));
        assert!(!is_text("text/html") && !is_text("application/pdf") && !is_text(""));
    }
}
