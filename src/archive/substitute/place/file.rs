//! What kind of file it is that a text stands in.

use std::ops::Range;

use gix_object::bstr::ByteSlice;

use super::line::{is_key_value, is_plain_line};
use super::{GAP, operators, quotes};

/// What tells a file of m4, in which any word can be a macro.
const SIGNS_OF_M4: [&str; 6] = ["m4_", "AC_INIT", "AC_DEFUN", "AC_OUTPUT", "define(`", "changequote"];
/// What tells that a file, or a text in it, asks a database: there `"x"` may be the column x.
const SIGNS_OF_SQL: [&str; 5] = ["SELECT ", "WHERE ", "INSERT INTO", "DELETE FROM", "UPDATE "];
/// Words that such statements have in any case of letters.
const STATEMENTS: [&[&str]; 4] = [&["insert into"], &["delete from"], &["select ", " from "], &["update ", " set "]];
/// How lines begin that define macros, where nothing else says that m4 reads the file.
const LINES_OF_M4: [&str; 4] = ["define(", "include(", "divert(", "undefine("];
/// How names of such files end.
const NAMES_OF_M4: [&str; 5] = [".m4", ".ac", ".at", ".mc", "configure.in"];
/// How declarations of an encoding begin: those of Emacs, Vim, Python, Ruby, XML, HTML and CSS, and of Perl.
const DECLARATIONS: [&str; 4] = ["coding", "charset", "fenc", "use encoding"];
/// What they may name: in these, ASCII bytes are ASCII characters wherever they stand.
const ENCODINGS: [&str; 10] =
    ["utf8", "utf8sig", "utf8unix", "utf8emacs", "utf8dos", "ascii", "usascii", "latin1", "unset", "binary"];
/// And such with numbers behind.
const FAMILIES: [&str; 6] = ["iso8859", "latin", "windows125", "cp125", "iso885915", "koi8"];
/// Declarations stand in this much of a file's beginning or end.
const DECLARING_BYTES: usize = 4096;
/// Ends of the names of files that are text and no program. A name without a dot, but for its first byte, has none.
const ENDINGS_OF_TEXT: [&str; 8] = ["", "txt", "in", "rev", "git", "tag", "info", "version"];

/// What is known of a file, for all of its texts.
pub struct File {
    is_read_as_it_looks: bool,
    /// Behind this, a byte of a text could end an expression that an earlier line has begun.
    open_from: Option<usize>,
    /// Lines that begin within a string.
    open_lines: Vec<Range<usize>>,
    /// `key: value` in each line.
    pub has_keys: bool,
    /// `key=value` in each line, and no program reads it as commands.
    pub has_properties: bool,
    /// Nothing but texts and plain words.
    pub is_plain: bool,
    /// Whether backquotes are quotes.
    pub is_go: bool,
    /// Whether `[[` and `]]` are quotes.
    pub is_cmake: bool,
    /// Whether there may be expressions whose end a sign chooses.
    pub has_operators: bool,
    /// Whether `'` is no quote.
    pub has_no_apostrophes: bool,
    /// Whether what stands between `"` may be the name of a column, as in SQL, in this file or in texts of it.
    pub has_quoted_names: bool,
}

impl File {
    pub fn of(template: &[u8], path: &[u8]) -> Self {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let ending = Ending::of(name);
        let lines = || template.lines().map(<[u8]>::trim_ascii_end);
        let are_all =
            |is: &dyn Fn(&[u8]) -> bool| lines().all(|line| line.is_empty() || line.starts_with(b"# ") || is(line));
        File {
            is_read_as_it_looks: !is_m4(template, name) && !has_other_encoding(template),
            open_from: operators::first_open(template, ending.0),
            open_lines: quotes::open_lines(template, ending.0),
            has_keys: ending.is_text_or(&["yml", "yaml", "properties", "md"])
                && are_all(&|line| is_key_value(line, b':')),
            has_properties: ending.0 == b"properties" && are_all(&|line| is_key_value(line, b'=')),
            is_plain: ending.is_text_or(&[]) && are_all(&is_plain_line),
            is_go: ending.0 == b"go",
            is_cmake: ending.0 == b"cmake" || name == b"CMakeLists.txt",
            has_operators: operators::are_in(ending.0),
            has_no_apostrophes: name == b"CMakeLists.txt"
                || [&b"cmake"[..], b"bat", b"cmd", b"tcl"].contains(&ending.0),
            has_quoted_names: ending.0.eq_ignore_ascii_case(b"sql") || asks_database(template),
        }
    }

    /// Whether each word is the word that it looks like.
    pub fn is_read_as_it_looks(&self) -> bool {
        self.is_read_as_it_looks
    }

    /// Whether no earlier line has begun what a text at this place could end.
    pub fn is_closed_at(&self, at: usize) -> bool {
        let is_in_string = self.open_lines.iter().any(|lines| lines.contains(&at));
        !is_in_string && self.open_from.is_none_or(|from| at < from)
    }
}

/// What a file's name ends with, behind the dot.
struct Ending<'n>(&'n [u8]);

impl<'n> Ending<'n> {
    fn of(name: &'n [u8]) -> Self {
        let lower = name.to_ascii_lowercase();
        match name.rfind_byte(b'.') {
            _ if lower.contains_str("makefile") => Ending(b"file"),
            Some(dot) if dot > 0 => Ending(&name[dot + 1..]),
            // `Makefile`, `Dockerfile`, `configure`: programs.
            _ if lower.ends_with(b"file") || name == b"configure" => Ending(b"file"),
            _ => Ending(b""),
        }
    }

    fn is_text_or(&self, others: &[&str]) -> bool {
        ENDINGS_OF_TEXT.iter().chain(others).any(|ending| ending.as_bytes() == self.0)
    }
}

fn asks_database(template: &[u8]) -> bool {
    let has = |text: &[u8], signs: &[&str]| signs.iter().all(|sign| text.contains_str(sign));
    let lower = template.to_ascii_lowercase();
    SIGNS_OF_SQL.iter().any(|sign| template.contains_str(sign)) || STATEMENTS.iter().any(|words| has(&lower, words))
}

fn is_m4(template: &[u8], name: &[u8]) -> bool {
    let has_word = |word: &[u8]| {
        let is_letter = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let stands_alone = |at: usize| {
            let (before, behind) = template.split_at(at);
            !is_letter(before.last()) && !is_letter(behind.get(word.len()))
        };
        template.find_iter(word).any(stands_alone)
    };
    NAMES_OF_M4.iter().any(|end| name.ends_with(end.as_bytes()))
        || SIGNS_OF_M4.iter().any(|sign| template.contains_str(sign))
        || has_word(b"dnl")
        || !name.ends_with(b".php") && !name.ends_with(b".cmake") && name != b"CMakeLists.txt" && {
            let begins = |line: &[u8]| LINES_OF_M4.iter().any(|word| line.starts_with(word.as_bytes()));
            template.lines().any(begins)
        }
}

/// Whether bytes of ASCII may be something else: UTF-7, UTF-16, Shift JIS and their kin.
fn has_other_encoding(template: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"+/v"];
    if marks.iter().any(|mark| template.starts_with(mark)) {
        return true;
    }
    let head = template.get(..template.len().min(DECLARING_BYTES)).unwrap_or_default();
    let tail = template.get(template.len().saturating_sub(DECLARING_BYTES)..).unwrap_or_default();
    [head, tail].iter().any(|part| {
        let part = part.to_ascii_lowercase();
        DECLARATIONS.iter().any(|words| part.find_iter(words).any(|at| !names_good_encoding(&part, at + words.len())))
    })
}

/// Whether what follows is a sign and a good encoding, or no declaration at all.
fn names_good_encoding(part: &[u8], at: usize) -> bool {
    let rest = part.get(at..).unwrap_or_default();
    // `fileencoding=x`, `coding: x`, `@charset "x"`, `use encoding 'x'`.
    let signs = rest.iter().take_while(|byte| b" \t:=\"'".contains(byte)).count();
    let (signs, rest) = rest.split_at(signs);
    let is_declaration = signs.iter().any(|byte| b":=\"'".contains(byte)) || rest.first() == Some(&GAP);
    let name: Vec<u8> = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte) || **byte == GAP)
        .filter(|byte| !b"-_.".contains(byte))
        .copied()
        .collect();
    let is_family = |family: &&str| {
        let number = name.strip_prefix(family.as_bytes());
        number.is_some_and(|number| {
            !number.is_empty() && number.iter().all(|byte| byte.is_ascii_digit() || b"ru".contains(byte))
        })
    };
    !is_declaration || ENCODINGS.iter().any(|known| known.as_bytes() == name) || FAMILIES.iter().any(is_family)
}
