//! Everything here is compared with the `iconv` that is installed. Without it, these tests fail.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::charset::{Charset, Kind, Named};
use super::legacy::Legacy;
use super::names::named;
use super::names::{LEGACY, WIDE};
use super::wide::Wide;

/// What iconv(1) makes of this input.
fn iconv(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new("iconv");
    command.args(arguments).env("LC_ALL", "C");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("iconv must be there");
    let mut stdin = child.stdin.take().expect("it is piped");
    std::thread::scope(|scope| {
        // It does not read everything when it fails.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().expect("iconv can be waited for")
    })
}

/// The same, where it succeeds.
fn converted(from: &str, to: &str, input: &[u8]) -> Option<Vec<u8>> {
    let output = iconv(&["-f", from, "-t", to], input);
    output.status.success().then_some(output.stdout)
}

/// The charset of a name.
fn charset(name: &str) -> Charset {
    match named(name.as_bytes()) {
        Named::Known(charset) => charset,
        other => panic!("{name}: {other:?}"),
    }
}

/// All characters but the one that the tests put between them.
fn all_chars() -> impl Iterator<Item = char> {
    ('\0'..=char::MAX).filter(|c| *c != '\n')
}

/// What GB18030's editions disagree about, and so do versions of glibc.
fn depends_on_edition(c: char) -> bool {
    matches!(c, '\u{e78d}'..='\u{e796}' | '\u{e816}'..='\u{e818}' | '\u{e81e}' | '\u{e826}' | '\u{e82b}' | '\u{e82c}')
        || matches!(c, '\u{e831}' | '\u{e832}' | '\u{e83b}' | '\u{e843}' | '\u{e854}' | '\u{e855}' | '\u{e864}')
        || matches!(c, '\u{20087}' | '\u{20089}' | '\u{200cc}' | '\u{215d7}' | '\u{2298f}' | '\u{241fe}')
}

/// The first name of each charset that is a table.
fn legacy_names() -> impl Iterator<Item = &'static str> {
    LEGACY.iter().filter_map(|(_, names)| names.split(' ').next())
}

/// One line for each character: an empty one if there is no encoding (or it is empty).
#[test]
fn encodes_every_character_as_iconv_does() {
    let input: String = all_chars().flat_map(|c| [c, '\n']).collect();
    for name in legacy_names() {
        let charset = charset(name);
        let output = iconv(&["-c", "-f", "UTF-8", "-t", name], input.as_bytes()).stdout;
        let mut lines = output.split(|byte| *byte == b'\n');
        for c in all_chars() {
            let theirs = lines.next();
            let ours = charset.encode(c.encode_utf8(&mut [0; 4]).as_bytes()).unwrap_or_default();
            assert!(theirs == Some(&ours) || depends_on_edition(c), "{name}: {c:?}: {ours:x?}, not {theirs:x?}");
        }
        assert_eq!(lines.collect::<Vec<_>>(), [b""], "{name}");
    }
}

/// What the test above cannot tell from each other.
#[test]
fn some_characters_vanish_and_others_fail() {
    for name in legacy_names() {
        for text in
            ["a\u{e0041}b", "a\u{e0000}\u{e007f}", "a\u{e0080}", "\u{e0001}", "\u{10ffff}", "\u{fffe}", "aé", "あ"]
        {
            assert_eq!(
                charset(name).encode(text.as_bytes()),
                converted("UTF-8", name, text.as_bytes()),
                "{name} {text:?}"
            );
        }
    }
}

#[test]
fn invalid_utf8_fails() {
    for name in legacy_names().chain(WIDE.map(|(_, names)| names.split(' ').next().unwrap_or_default())) {
        let charset = charset(name);
        let invalid: [&[u8]; 6] =
            [b"a\x80", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80"];
        for text in invalid {
            assert_eq!(charset.encode(text), None);
            assert_eq!(converted("UTF-8", name, text), None, "{name} {text:x?}");
        }
        assert_eq!(charset.encode(b"").as_deref(), Some(b"".as_slice()));
        assert_eq!(charset.decode(b"").as_deref(), Some(b"".as_slice()));
    }
}

/// Decode each of these sequences with line feeds after it, and a label behind that. (iconv may skip line feeds as
/// well: up to two in UHC.)
///
/// If we reject a sequence, so must iconv. As it goes on in the midst of it, this can be seen from what comes out:
/// nothing, or what a part of the sequence is worth alone.
fn compare_decoding(name: &str, sequences: &[Vec<u8>]) {
    let charset = charset(name);
    let label =
        |sequence: &[u8]| format!("={}=\n", sequence.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    let input =
        sequences.iter().flat_map(|sequence| [sequence, b"\n\n\n".as_slice(), label(sequence).as_bytes()].concat());
    let output = iconv(&["-c", "-f", name, "-t", "UTF-8"], &input.collect::<Vec<_>>()).stdout;
    let mut rest = str::from_utf8(&output).expect("it is UTF-8");
    let decode = |bytes: &[u8]| {
        let text = charset.decode(&[bytes, b"\n"].concat())?;
        Some(String::from_utf8(text).expect("it is UTF-8").trim_end_matches('\n').to_owned())
    };
    for sequence in sequences {
        let (theirs, next) = rest.split_once(&label(sequence)).unwrap_or_else(|| panic!("{name}: {sequence:x?}"));
        let theirs = theirs.trim_end_matches('\n');
        rest = next;
        match decode(sequence) {
            Some(ours) if ours.chars().any(depends_on_edition) => {}
            Some(ours) => assert_eq!(theirs, ours, "{name}: {sequence:x?}"),
            None => {
                let mut parts = (1..sequence.len()).flat_map(|length| sequence.windows(length));
                let is_rest = theirs.is_empty() || parts.any(|part| decode(part).as_deref() == Some(theirs));
                assert!(is_rest, "{name}: {sequence:x?} is {theirs:?}");
            }
        }
    }
    assert_eq!(rest, "");
}

#[test]
fn decodes_every_short_sequence_as_iconv_does() {
    let single = (0..=0xff).map(|byte: u8| vec![byte]);
    let sequences: Vec<_> = single.chain((0..=0xffff).map(|pair: u16| pair.to_be_bytes().to_vec())).collect();
    legacy_names().for_each(|name| compare_decoding(name, &sequences));
}

#[test]
fn decodes_every_sequence_of_three_bytes_as_iconv_does() {
    let pairs = (0xa1a1..=0xfefe_u16).map(u16::to_be_bytes).filter(|[_, trail]| *trail >= 0xa1);
    let sequences: Vec<_> = pairs.map(|[first, second]| vec![0x8f, first, second]).collect();
    compare_decoding("EUC-JP", &sequences);
}

/// The longer sequences: what was encoded is decoded, by both.
#[test]
fn decodes_what_it_encodes_as_iconv_does() {
    for name in legacy_names() {
        let charset = charset(name);
        let lines = all_chars().filter(|c| !depends_on_edition(*c));
        let lines = lines.filter_map(|c| charset.encode(format!("{c}\n").as_bytes()));
        let input: Vec<u8> = lines.flatten().collect();
        assert!(charset.decode(&input) == converted(name, "UTF-8", &input), "{name}");
    }
}

#[test]
fn hebrew_is_composed_and_the_last_letter_is_lost() {
    let charset = charset("CP1255");
    let letters: Vec<u8> =
        (0xd4..=0xfa).chain([b'a', b'\n']).filter(|byte| charset.decode(&[*byte, b'\n']).is_some()).collect();
    let points: Vec<u8> =
        (0xc0..=0xd3).chain([b'a', b'\n']).filter(|byte| charset.decode(&[*byte, b'\n']).is_some()).collect();
    let mut input = Vec::new();
    for letter in &letters {
        for first in &points {
            for second in &points {
                input.extend([*letter, *first, *second, *letter, b'\n']);
            }
        }
    }
    assert!(charset.decode(&input) == converted("CP1255", "UTF-8", &input));
    // iconv(1) flushes at the end; iconv(3) does not, and git does not ask for it.
    assert_eq!(charset.decode(b"\xe0").as_deref(), Some(b"".as_slice()));
    assert_eq!(charset.decode(b"a\xe0\xe0").as_deref(), Some("a\u{5d0}".as_bytes()));
}

#[test]
fn wide_encodings_are_as_in_iconv() {
    let text: String = ('\0'..=char::MAX).collect();
    for (wide, names) in WIDE {
        let charset = Charset(Kind::Wide(wide));
        for name in names.split(' ') {
            let bytes = converted("UTF-8", name, text.as_bytes());
            assert!(bytes.is_some() && charset.encode(text.as_bytes()) == bytes, "{name}");
            assert!(charset.decode(&bytes.unwrap_or_default()).as_deref() == Some(text.as_bytes()), "{name}");
        }
        let name = names.split(' ').next().unwrap_or_default();
        for text in ["", "a", "\u{feff}", "\u{feff}a", "😀", "a\u{e0041}"] {
            assert_eq!(charset.encode(text.as_bytes()), converted("UTF-8", name, text.as_bytes()), "{name} {text:?}");
        }
        let samples: [&[u8]; 24] = [
            b"",
            b"a",
            b"a\0",
            b"\0a",
            b"a\0\0",
            b"a\0\0\0",
            b"\0\0\0a",
            b"\xff\xfe",
            b"\xfe\xff",
            b"\xff\xfea\0",
            b"\xfe\xff\0a",
            b"a\0\xff\xfe",
            b"\xff\xfe\xff\xfea\0",
            b"\xfe\xff\xff\xfea\0",
            b"\xff\xfe\0\0",
            b"\0\0\xfe\xff",
            b"\xff\xfe\0\0a\0\0\0",
            b"\0\0\xfe\xff\0\0\0a",
            b"\0\xd8\0\xdc",
            b"\0\xdc\0\xd8",
            b"\0\xd8a\0",
            b"\0\xd8\0\0",
            b"\0\xd8",
            b"\0\0\x11\0",
        ];
        for bytes in samples {
            assert_eq!(charset.decode(bytes), converted(name, "UTF-8", bytes), "{name} {bytes:x?}");
        }
    }
}

#[test]
fn git_has_marks_of_its_own() {
    let little = charset("UTF-16LE-BOM");
    let big = charset("utf16be-bom");
    assert_eq!(little.encode(b"a").as_deref(), Some(b"\xff\xfea\0".as_slice()));
    assert_eq!(big.encode(b"a").as_deref(), Some(b"\xfe\xff\0a".as_slice()));
    assert_eq!(little.encode(b"").as_deref(), Some(b"\xff\xfe".as_slice()));
    assert_eq!(little.decode(b"\xfe\xff\0a").as_deref(), Some(b"a".as_slice()));
    assert_eq!(big.decode(b"\xfe\xff\0a"), None);
}

#[test]
fn names_are_those_of_git_and_iconv() {
    let known = |name: &[u8]| match named(name) {
        Named::Known(charset) => Some(charset.0),
        _ => None,
    };
    for name in ["", "utf-8", "UTF8", "Utf-8", "utf-32le-bom", "UTF32BE-BOM", "ISO-IR-193", "utf 8"] {
        assert_eq!(named(name.as_bytes()), Named::Utf8, "{name}");
    }
    for name in ["latin-1", "Latin1", "iso-8859-1", "ISO8859-1", "ISO 8859-1", "iso_8859-1:1987", "CP819"] {
        assert_eq!(known(name.as_bytes()), Some(Kind::Legacy(Legacy::Iso8859_1)), "{name}");
    }
    assert_eq!(known(b"utf-16le-bom"), Some(Kind::Wide(Wide::Utf16LeBom)));
    assert_eq!(known(b"UTF16BE-BOM"), Some(Kind::Wide(Wide::Utf16BeBom)));
    assert_eq!(known(b"utf16"), Some(Kind::Wide(Wide::Utf16)));
    assert_eq!(known(b"Shift_JIS"), known(b"SHIFT-JIS"));
    assert_eq!(known(b"windows-31j"), known(b"cp932"));
    assert_eq!(known(b"windows-1255"), Some(Kind::Hebrew));
    for name in [
        "UTF 16LE-BOM",
        "utf--8",
        "UTF_8",
        "ISO8859_1",
        "cp1252//TRANSLIT",
        "cp1252//",
        "cp1252,",
        "cp12\u{e9}52",
        "/",
        " ",
        "windows1252",
        "cp-1252",
        "x-sjis",
        "shiftjis",
        "cp1258",
        "utf-7",
        "char",
        "UTF-16\0",
        "UTF-16-LE-BOM",
    ] {
        assert_eq!(named(name.as_bytes()), Named::Unknown, "{name}");
    }
}

/// Every name in our list is the same to iconv as the first one, and every name that iconv lists is not another to us.
#[test]
fn all_names_are_known_to_iconv() {
    let listed = String::from_utf8(iconv(&["-l"], b"").stdout).expect("it is ASCII");
    let listed: Vec<_> = listed.lines().filter_map(|line| line.strip_suffix("//")).collect();
    for (legacy, names) in LEGACY {
        let input =
            (' '..='\u{ffff}').filter(|c| Charset(Kind::Legacy(legacy)).encode(format!("{c}").as_bytes()).is_some());
        let input: String = input.take(400).collect();
        let encoded = charset(names.split(' ').next().unwrap_or_default()).encode(input.as_bytes());
        for name in names.split(' ') {
            assert!(listed.contains(&name), "{name}");
            assert_eq!(converted("UTF-8", name, input.as_bytes()), encoded, "{name}");
        }
    }
    let count = listed.iter().filter(|name| named(name.as_bytes()) != Named::Unknown).count();
    let ours = LEGACY.iter().map(|(_, names)| names).chain(WIDE.iter().map(|(_, names)| names));
    assert_eq!(count, ours.map(|names| names.split(' ').count()).sum::<usize>() + 4);
}

#[test]
fn only_wide_encodings_change_ascii() {
    let ascii: String = ('\0'..='\x7f').collect();
    for name in legacy_names() {
        assert!(charset(name).keeps_ascii());
        assert_eq!(charset(name).encode(ascii.as_bytes()).as_deref(), Some(ascii.as_bytes()), "{name}");
    }
    assert!(!charset("UTF-16").keeps_ascii() && !charset("UTF-16LE-BOM").keeps_ascii());
}
