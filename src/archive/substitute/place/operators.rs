//! Expressions of Perl, Ruby, sed and awk whose end the byte behind their operator chooses: `s/x/y/`, `qw(...)`, `tr,a,b,`.
//!
//! One that is open in front of a text, on its line or on one above, could end in the text.

/// Operators, and how often their delimiter follows.
const OPERATORS: [(&[u8], usize); 15] = [
    (b"%w", 2),
    (b"%W", 2),
    (b"%i", 2),
    (b"%q", 2),
    (b"%r", 2),
    (b"s", 3),
    (b"y", 3),
    (b"tr", 3),
    (b"m", 2),
    (b"q", 2),
    (b"qq", 2),
    (b"qw", 2),
    (b"qx", 2),
    (b"qr", 2),
    (b"split", 2),
];
/// Delimiters that a plain text can have.
const DELIMITERS: &[u8] = b"/,(+-<:";
/// How names of files end that have no such expressions.
const ENDINGS_WITHOUT: [&[u8]; 34] = [
    b"py",
    b"pyi",
    b"pyx",
    b"bzl",
    b"c",
    b"h",
    b"cc",
    b"cpp",
    b"cxx",
    b"hpp",
    b"hh",
    b"go",
    b"rs",
    b"js",
    b"mjs",
    b"ts",
    b"json",
    b"java",
    b"kt",
    b"cs",
    b"swift",
    b"xml",
    b"html",
    b"css",
    b"cmake",
    b"toml",
    b"cfg",
    b"ini",
    b"md",
    b"rst",
    b"yml",
    b"yaml",
    b"lua",
    b"properties",
];

/// How names of files end in whose language `/x/` is an expression of many lines, without an operator.
const ENDINGS_WITH_BARE: [&[u8]; 8] = [b"rb", b"rake", b"gemspec", b"cr", b"pl", b"pm", b"t", b"awk"];
/// Words of these languages behind which such an expression may stand.
const WORDS_BEFORE_VALUES: [&[u8]; 10] =
    [b"if", b"unless", b"while", b"until", b"and", b"or", b"not", b"when", b"return", b"grep"];

/// Whether files with this ending may have such expressions.
pub fn are_in(ending: &[u8]) -> bool {
    !ENDINGS_WITHOUT.contains(&ending)
}

/// Where the first line ends that begins such an expression and does not end it.
pub fn first_open(template: &[u8], ending: &[u8]) -> Option<usize> {
    if !are_in(ending) {
        return None;
    }
    let has_bare = ENDINGS_WITH_BARE.contains(&ending);
    let mut end = 0;
    template.split_inclusive(|byte| *byte == b'\n').find_map(|line| {
        end += line.len();
        (is_open(line) || has_bare && has_open_slash(line)).then_some(end)
    })
}

/// Whether a slash stands where a value is due, and no other follows.
fn has_open_slash(line: &[u8]) -> bool {
    let Some(at) = line.iter().rposition(|byte| *byte == b'/') else { return false };
    let before = line[..at].trim_ascii_end();
    let word = before.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
    let word = &before[before.len() - word..];
    before.last().is_none_or(|byte| b"=(,~!&|{[;?:".contains(byte)) || WORDS_BEFORE_VALUES.contains(&word)
}

/// Whether this line, or the beginning of one, leaves such an expression open.
pub fn is_open(line: &[u8]) -> bool {
    let places = line.iter().enumerate().filter(|(_, byte)| DELIMITERS.contains(byte));
    places.into_iter().any(|(at, delimiter)| {
        let (before, rest) = line.split_at(at);
        // `for s, t in`, `m - n`
        if b",+-:".contains(delimiter) && rest.get(1).is_some_and(u8::is_ascii_whitespace) {
            return false;
        }
        // Only letters of the operator may have blanks behind, and only before a sign that begins nothing else.
        let before = if b"/<(".contains(delimiter) { before.trim_ascii_end() } else { before };
        let length =
            before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"_%".contains(byte)).count();
        let (before, word) = before.split_at(before.len() - length);
        let Some((_, count)) = OPERATORS.iter().find(|(operator, _)| *operator == word) else { return false };
        let (closing, wanted) = match *delimiter {
            b'(' => (b')', count - 1),
            b'<' => (b'>', count - 1),
            other => (other, *count),
        };
        stands_alone(before) && rest.iter().filter(|byte| **byte == closing).count() < wanted
    })
}

/// Whether a word behind this is one by itself, and no end of another such as that of `it's`.
fn stands_alone(before: &[u8]) -> bool {
    match before {
        [] => true,
        [.., quoted, b'\'' | b'"'] => b" \t=({[".contains(quoted),
        [.., last] => b" \t(;={}~!,|&'\"".contains(last),
    }
}

#[cfg(test)]
mod tests {
    use super::first_open;

    #[test]
    fn expressions_that_go_on() {
        for open in [
            "perl -pe 's/x/\nversion\n/e'\n",
            "$x =~ s/x\n/y/;\n",
            "my @x = qw(\n a b\n);\n",
            "x = qw/\n",
            "tr,a,\n",
            "sed 's,x,y\n,'\n",
        ] {
            assert!(first_open(open.as_bytes(), b"sh").is_some(), "{open}");
        }
        for closed in ["sed -e 's/x/y/' -e s,a,b,\n", "# it's, and/or\n", "qw(a b)\n", "if m/x/ {\n", "a-s-b\n", ""] {
            assert_eq!(first_open(closed.as_bytes(), b"sh"), None, "{closed}");
        }
        assert_eq!(first_open(b"for s, y in x:\n", b"py"), None);
        assert!(first_open(b"x =~ /a\n", b"rb").is_some() && first_open(b"when /\n", b"pl").is_some());
        assert_eq!(first_open(b"x = a / b\n y =~ /a/\n", b"rb"), None);
    }
}
