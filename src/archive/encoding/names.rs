//! Names of charsets: first git's own, then glibc's.

use super::charset::{Charset, Kind, Named};
use super::legacy::Legacy::{self, *};
use super::wide::Wide::{self, *};

/// Look up a name as git and then glibc's iconv read it.
pub fn named(name: &[u8]) -> Named {
    if name.is_empty() {
        return Named::Utf8;
    }
    match own_name(name) {
        Some(own) => own,
        None => iconv_name(name),
    }
}

/// The names that git looks at before it asks iconv, or when iconv does not know: it compares them without regard to
/// case, and takes those that begin with "utf" with and without a dash behind it.
fn own_name(name: &[u8]) -> Option<Named> {
    let name = name.to_ascii_lowercase();
    if name == b"latin-1" {
        return Some(Named::Known(Charset(Kind::Legacy(Iso8859_1))));
    }
    let rest = name.strip_prefix(b"utf")?;
    match rest.strip_prefix(b"-").unwrap_or(rest) {
        b"8" => Some(Named::Utf8),
        b"16le-bom" => Some(Named::Known(Charset(Kind::Wide(Utf16LeBom)))),
        b"16be-bom" => Some(Named::Known(Charset(Kind::Wide(Utf16BeBom)))),
        // One would think that git has these as well. It has not, nor has iconv, and the bytes stay as they are.
        b"32le-bom" | b"32be-bom" => Some(Named::Utf8),
        _ => None,
    }
}

/// The names that glibc knows.
///
/// It turns them to upper case and drops everything but letters, digits and `_-.,:` (and slashes, which have a
/// meaning). We do that with spaces, as in "ISO 8859-1", and leave alone who writes something stranger.
fn iconv_name(name: &[u8]) -> Named {
    let mut normal = String::with_capacity(name.len());
    for byte in name {
        match byte {
            b' ' => {}
            b'_' | b'-' | b'.' | b':' => normal.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => normal.push(char::from(byte.to_ascii_uppercase())),
            _ => return Named::Unknown,
        }
    }
    let is_in = |names: &str| names.split(' ').any(|name| name == normal);
    if is_in(UTF_8) {
        return Named::Utf8;
    }
    let wide = WIDE.iter().find(|(_, names)| is_in(names)).map(|(wide, _)| Kind::Wide(*wide));
    let legacy = || LEGACY.iter().find(|(_, names)| is_in(names)).map(|(legacy, _)| *legacy);
    let kind = wide.or_else(|| match legacy()? {
        Windows1255 => Some(Kind::Hebrew),
        legacy => Some(Kind::Legacy(legacy)),
    });
    kind.map_or(Named::Unknown, |kind| Named::Known(Charset(kind)))
}

/// glibc's names of UTF-8, to which a conversion changes nothing or fails, which is the same for git.
const UTF_8: &str = "UTF-8 UTF8 ISO-IR-193 OSF05010001";

/// glibc's names of UTF-16 and UTF-32.
pub const WIDE: [(Wide, &str); 6] = [
    (Utf16, "UTF-16 UTF16"),
    (Utf16Le, "UTF-16LE UTF16LE"),
    (Utf16Be, "UTF-16BE UTF16BE"),
    (Utf32, "UTF-32 UTF32"),
    (Utf32Le, "UTF-32LE UTF32LE"),
    (Utf32Be, "UTF-32BE UTF32BE"),
];

/// glibc's names of the others.
#[rustfmt::skip]
pub const LEGACY: [(Legacy, &str); Big5 as usize + 1] = [
    (Ascii, "ANSI_X3.4-1968 ANSI_X3.4 ANSI_X3.4-1986 ASCII CP367 CSASCII IBM367 ISO-IR-6 ISO646-US ISO_646.IRV:1991 \
        OSF00010020 US US-ASCII"),
    (Iso8859_1, "ISO-8859-1 8859_1 CP819 CSISOLATIN1 IBM819 ISO-IR-100 ISO8859-1 ISO88591 ISO_8859-1 ISO_8859-1:1987 \
        L1 LATIN1 OSF00010001"),
    (Iso8859_2, "ISO-8859-2 8859_2 CP912 CSISOLATIN2 IBM912 ISO-IR-101 ISO8859-2 ISO88592 ISO_8859-2 ISO_8859-2:1987 \
        L2 LATIN2 OSF00010002"),
    (Iso8859_3, "ISO-8859-3 8859_3 CSISOLATIN3 ISO-IR-109 ISO8859-3 ISO88593 ISO_8859-3 ISO_8859-3:1988 L3 LATIN3 \
        OSF00010003"),
    (Iso8859_4, "ISO-8859-4 8859_4 CSISOLATIN4 ISO-IR-110 ISO8859-4 ISO88594 ISO_8859-4 ISO_8859-4:1988 L4 LATIN4 \
        OSF00010004"),
    (Iso8859_5, "ISO-8859-5 8859_5 CP915 CSISOLATINCYRILLIC CYRILLIC IBM915 ISO-IR-144 ISO8859-5 ISO88595 ISO_8859-5 \
        ISO_8859-5:1988 OSF00010005"),
    (Iso8859_6, "ISO-8859-6 8859_6 ARABIC ASMO-708 CP1089 CSISOLATINARABIC ECMA-114 IBM1089 ISO-IR-127 ISO8859-6 \
        ISO88596 ISO_8859-6 ISO_8859-6:1987 OSF00010006"),
    (Iso8859_7, "ISO-8859-7 8859_7 CP813 CSISOLATINGREEK ECMA-118 ELOT_928 GREEK GREEK8 IBM813 ISO-IR-126 ISO8859-7 \
        ISO88597 ISO_8859-7 ISO_8859-7:1987 ISO_8859-7:2003 OSF00010007"),
    (Iso8859_8, "ISO-8859-8 8859_8 CP916 CSISOLATINHEBREW HEBREW IBM916 ISO-IR-138 ISO8859-8 ISO88598 ISO_8859-8 \
        ISO_8859-8:1988 OSF00010008"),
    (Iso8859_9, "ISO-8859-9 8859_9 CP920 CSISOLATIN5 ECMA-128 IBM920 ISO-IR-148 ISO8859-9 ISO88599 ISO_8859-9 \
        ISO_8859-9:1989 L5 LATIN5 OSF00010009 TS-5881"),
    (Iso8859_10, "ISO-8859-10 CSISOLATIN6 ISO-IR-157 ISO8859-10 ISO885910 ISO_8859-10 ISO_8859-10:1992 L6 LATIN6 \
        OSF0001000A"),
    (Iso8859_11, "ISO-8859-11 ISO8859-11 ISO885911"),
    (Iso8859_13, "ISO-8859-13 BALTIC ISO-IR-179 ISO8859-13 ISO885913 L7 LATIN7"),
    (Iso8859_14, "ISO-8859-14 ISO-CELTIC ISO-IR-199 ISO8859-14 ISO885914 ISO_8859-14 ISO_8859-14:1998 L8 LATIN8"),
    (Iso8859_15, "ISO-8859-15 ISO-IR-203 ISO8859-15 ISO885915 ISO_8859-15 ISO_8859-15:1998 LATIN-9 LATIN9"),
    (Iso8859_16, "ISO-8859-16 ISO-IR-226 ISO8859-16 ISO885916 ISO_8859-16 ISO_8859-16:2001 L10 LATIN10"),
    (Windows1250, "CP1250 MS-EE WINDOWS-1250"),
    (Windows1251, "CP1251 MS-CYRL WINDOWS-1251"),
    (Windows1252, "CP1252 MS-ANSI WINDOWS-1252"),
    (Windows1253, "CP1253 MS-GREEK WINDOWS-1253"),
    (Windows1254, "CP1254 MS-TURK WINDOWS-1254"),
    (Windows1255, "CP1255 MS-HEBR WINDOWS-1255"),
    (Windows1256, "CP1256 MS-ARAB WINDOWS-1256"),
    (Windows1257, "CP1257 WINBALTRIM WINDOWS-1257"),
    (Windows874, "IBM874 874 CP874 WINDOWS-874"),
    (Koi8R, "KOI8-R CSKOI8R KOI8R"),
    (Koi8U, "KOI8-U KOI8U"),
    (Ibm437, "IBM437 437 CP437 CSPC8CODEPAGE437 OSF100201B5"),
    (Ibm850, "IBM850 850 CP850 CSPC850MULTILINGUAL OSF10020352"),
    (Ibm852, "IBM852 852 CP852 CSPCP852 OSF10020354"),
    (Ibm858, "IBM858 858 CP858 CSPC858MULTILINGUAL"),
    (Ibm866, "IBM866 866 CP866 CSIBM866"),
    (Macintosh, "MACINTOSH CSMACINTOSH MAC"),
    (MacCyrillic, "MAC-UK MAC-CYRILLIC MACCYRILLIC MACUK MACUKRAINIAN"),
    (ShiftJis, "SJIS CSSHIFTJIS MS_KANJI SHIFT-JIS SHIFT_JIS"),
    (Windows31J, "CP932 CSWINDOWS31J MS932 SJIS-OPEN SJIS-WIN WINDOWS-31J"),
    (EucJp, "EUC-JP CSEUCPKDFMTJAPANESE EUCJP OSF00030010 UJIS"),
    (EucKr, "EUC-KR CSEUCKR EUCKR OSF0004000A"),
    (Uhc, "UHC CP949 MSCP949 OSF100203B5"),
    (EucCn, "EUC-CN CN-GB CSGB2312 EUCCN GB2312"),
    (Gbk, "GBK CP936 GB13000 MS936 WINDOWS-936"),
    (Gb18030, "GB18030"),
    (Big5, "BIG5 BIG-5 BIG-FIVE BIGFIVE CN-BIG5 CP950"),
];
