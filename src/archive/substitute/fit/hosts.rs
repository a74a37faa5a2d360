//! Hostile texts in programs of many languages: what is accepted changes no token but the one that it stands in.

use foreign::Foreign;
use proptest::prelude::*;

use super::super::accepted::AcceptedTexts;
use super::super::grammar::{Decoration, Description, Grammar, Human, Mapped};
use super::super::hole::{Hole, Piece, Sign};
use super::fit;

/// Whether the text is accepted between these two.
fn is_accepted(grammar: &Grammar, before: &str, text: &str, behind: &str) -> bool {
    let placeholder = Foreign::from("%x");
    let hole = Hole { placeholder, grammar: grammar.clone(), sign: Sign::None, padded: None, only_ascii: false };
    let bytes = |text: &str| Piece::Bytes(text.as_bytes().to_vec());
    let content = [before, text, behind].concat();
    let pieces = [bytes(before), Piece::Hole(hole), bytes(behind)];
    fit(&pieces, content.as_bytes(), &Foreign::from("f"), &AcceptedTexts::default(), &mut 0)
        .is_ok_and(|filled| filled.is_some())
}

fn refs() -> Grammar {
    Grammar::Refs(Decoration::bare())
}

/// A language's tokens, as far as literals and comments go; everything else is a token of one byte.
struct Language {
    name: &'static str,
    /// Opening, closing, whether a backslash escapes. Longer ones first.
    spans: &'static [(&'static str, &'static str, bool)],
    /// A program, with the hole inside a literal or comment: before and behind it.
    hosts: &'static [(&'static str, &'static str)],
}

const LANGUAGES: &[Language] = &[
    Language {
        name: "C",
        spans: &[("/*", "*/", false), ("//", "\n", true), ("\"", "\"", true), ("'", "'", true)],
        hosts: &[
            ("int a; /**", "*/ int b; /* x */ int c;\n"),
            ("int a; /*", "*/ int b;\n"),
            ("int a; /* ", " */ int b;\n"),
            ("int a; // ", "\nint b; /* x */\n"),
            ("/* ref: ", " */ \nint b;\n"),
            ("/* x\n * ref: ", "\n */\nint b;\n"),
            ("// ref: ", "\nint b; /* x */\n"),
            ("const char *ref = \"", "\"; int b; /* \" */\n"),
            ("#define REF \"x ", " y\"\nint b;\n"),
            ("int a; //", "\nint b;\n"),
            ("char *v = \"", "\"; int b; /* \" */\n"),
            ("char *v = \"a\\\"", "\\n\"; int b;\n"),
            ("int a; /* x *", "/ int b; */ int c;\n"),
            ("int a; /* x /", "* y */ int c;\n"),
        ],
    },
    Language {
        name: "Python",
        spans: &[
            ("\"\"\"", "\"\"\"", true),
            ("'''", "'''", true),
            ("\"", "\"", true),
            ("'", "'", true),
            ("#", "\n", false),
        ],
        hosts: &[
            ("v = \"", "\"; w = \"x\"\n"),
            ("ref = \"", "\"; w = \"x\"\n"),
            ("ref = '", "'\nw = 'x'\n"),
            ("ref = \"\"\"", "\"\"\"\nw = 1\n"),
            ("f(ref='", "', w='x')\n"),
            ("# ref: ", "\nw = 1\n"),
            ("v = '", "'\nw = 'x'\n"),
            ("v = \"\"\"", "\"\"\"\nw = 1\n"),
            ("v = \"", "\"\"x\"\nw = 1\n"),
            ("# ", "\nw = 1\n"),
            ("v = 1 #", "\nw = 1\n"),
        ],
    },
    Language {
        name: "shell",
        spans: &[("\"", "\"", true), ("'", "'", false), (" #", "\n", false), ("\n#", "\n", false), ("`", "`", true)],
        hosts: &[
            ("v='", "'; rm x\n"),
            ("ref='", "'; rm x\n"),
            ("if [ \"", "\" = x ]; then rm x; fi\n"),
            ("x\n# ref: ", "\nrm x\n"),
            ("v=\"", "\"; rm x\n"),
            ("x # ", "\nrm x\n"),
            ("x\n#", "\nrm x\n"),
            ("v=\"a\\", "\"; w=\"b\"\n"),
        ],
    },
    Language {
        name: "make",
        spans: &[("#", "\n", true), ("\n\t", "\n", true), ("$(", ")", false)],
        hosts: &[
            ("# ref: ", "\nall: x\n"),
            ("# ", "\nall: x\n"),
            ("all:\n\t@echo ", "\nx: y\n"),
            ("V := x #", "\nall: x\n"),
        ],
    },
    Language {
        name: "m4",
        spans: &[("[", "]", false), ("dnl", "\n", false), ("#", "\n", false)],
        hosts: &[("AC_INIT([x], [", "])\nAC_OUTPUT\n"), ("dnl ", "\nAC_OUTPUT\n"), ("# ", "\nAC_OUTPUT\n")],
    },
    Language {
        name: "JSON",
        spans: &[("\"", "\"", true)],
        hosts: &[
            ("{\"ref\": \"", "\", \"b\": 1}\n"),
            ("{\"a\": \"", "\", \"b\": 1}\n"),
            ("{\"a\": \"x ", " y\", \"b\": 1}\n"),
        ],
    },
    Language {
        name: "XML",
        spans: &[("<!--", "--", false), ("\"", "\"", false)],
        hosts: &[
            ("<a><!-- ", " --></a><b/>\n"),
            ("<a>\n<!-- ref: ", " -->\n</a><b/>\n"),
            ("<a ref=\"", "\" c=\"d\"/>\n"),
            ("<a><!--", "--></a><b/>\n"),
            ("<a><!-- x -", "- y --></a>\n"),
            ("<a b=\"", "\" c=\"d\"/>\n"),
        ],
    },
];

impl Language {
    /// Where tokens begin and end.
    fn tokens(&self, content: &[u8]) -> Vec<(usize, usize)> {
        let (mut tokens, mut at) = (Vec::new(), 0);
        while at < content.len() {
            let rest = &content[at..];
            let span = self.spans.iter().find(|(open, ..)| rest.starts_with(open.as_bytes()));
            let mut end = at + 1;
            if let Some((open, close, escapes)) = span {
                end = at + open.len();
                while end < content.len() && !content[end..].starts_with(close.as_bytes()) {
                    end += if *escapes && content[end] == b'\\' { 2 } else { 1 };
                }
                end = (end + close.len()).min(content.len());
            }
            tokens.push((at, end));
            at = end;
        }
        tokens
    }

    /// Whether all tokens but the one with the hole are the same with this text as with a harmless one.
    fn keeps(&self, before: &str, text: &str, behind: &str) -> bool {
        let outside = |text: &str| {
            let content = [before, text, behind].concat();
            let hole = before.len()..before.len() + text.len();
            // From either end, so that the length of the text does not matter.
            let place = |at: usize| if at <= hole.start { (0, at) } else { (1, content.len() - at.min(content.len())) };
            let tokens = self.tokens(content.as_bytes());
            tokens.into_iter().map(|(start, end)| (place(start), place(end))).collect::<Vec<_>>()
        };
        outside(text) == outside("main")
    }
}

/// The hosts themselves have the hole inside a token: their programs are read as they are meant.
#[test]
fn hosts_have_their_hole_in_a_literal_or_comment() {
    for language in LANGUAGES {
        for (before, behind) in language.hosts {
            let content = [before, "main", behind].concat();
            let covers = |(start, end): &(usize, usize)| *start < before.len() && *end > before.len() + 4;
            assert!(language.tokens(content.as_bytes()).iter().any(covers), "{}: {content}", language.name);
            assert!(language.keeps(before, "x", behind), "{}: {content}", language.name);
        }
    }
}

/// In each language but m4 there is a place for a plain text; in m4, any word can be a macro.
#[test]
fn languages_have_places_for_plain_texts() {
    for language in LANGUAGES {
        let accepted =
            language.hosts.iter().filter(|(before, behind)| is_accepted(&refs(), before, "main", behind)).count();
        assert_eq!(accepted > 0, language.name != "m4", "{}", language.name);
    }
}

fn grammars() -> Vec<Grammar> {
    let id = gix_hash::ObjectId::null(gix_hash::Kind::Sha1);
    let text = |text: &str| text.as_bytes().to_vec();
    let description = |signed: &[&str]| {
        let signed = signed.iter().map(|name| text(name)).collect();
        Grammar::Description(Description { signed, advertised: None, commit: id, digits: 7, is_filtered: true })
    };
    let custom = |strings: [&str; 5]| {
        let [prefix, suffix, separator, pointer, tag] = strings.map(text);
        Grammar::Refs(Decoration { prefix, suffix, separator, pointer, tag, signed: Vec::new() })
    };
    let mapped = |kind| Grammar::Mapped { original: (*b"A U Thor").into(), kind };
    vec![
        refs(),
        Grammar::Refs(Decoration::parenthesised()),
        custom(["[", "]", ";", "=", ""]),
        custom(["/", "/", "*", "-", "#"]),
        custom(["", "-", "--", "'", "\\"]),
        description(&["v1"]),
        description(&[]),
        mapped(Mapped::Name),
        mapped(Mapped::Mail),
        mapped(Mapped::Local),
        Grammar::RelativeDate,
        Grammar::HumanDate(Human::of("Tue Oct 10 12:00:01 2023 +0200")),
        Grammar::Abbreviations(std::rc::Rc::new([id])),
    ]
}

fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "/",
        "*",
        "*/",
        "/*",
        "//",
        "-",
        "--",
        "-->",
        "#",
        "\"",
        "'",
        "\\",
        "$",
        "`",
        ";",
        "&",
        "|",
        "<",
        ">",
        "{",
        "}",
        "%",
        "!",
        "!1",
        "(",
        ")",
        "[",
        "]",
        "=",
        ",",
        ".",
        "@",
        "+",
        "_",
        "\n",
        "\t",
        " ",
        ", ",
        " -> ",
        "tag: ",
        "HEAD",
        "main",
        "v1",
        "x",
        "1",
        "dnl",
        "m4_eval",
        "AC_OUTPUT",
        "EOF",
        "coding=utf-7",
        "checked",
        "-1-g0000000",
        "0000000",
        " ago",
        "3 days",
        "Ann",
        "O'Brien",
        "\u{ef}",
        "\u{308}",
        "\u{3164}",
        "\u{2019}",
        "\u{202e}",
        "refs/pull/1/head",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn no_accepted_text_changes_a_token_around_it(text in hostile_text()) {
        for grammar in grammars() {
            for language in LANGUAGES {
                for (before, behind) in language.hosts {
                    if is_accepted(&grammar, before, &text, behind) {
                        prop_assert!(
                            language.keeps(before, &text, behind),
                            "{}: {before}<{text}>{behind} of {grammar:?}",
                            language.name
                        );
                    }
                }
            }
        }
    }
}
