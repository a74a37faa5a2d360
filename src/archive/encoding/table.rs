//! Charsets that are nothing but a list of byte sequences and their characters.

use encoding_rs::{Encoding, GB18030};

/// A byte sequence of up to three bytes, read as a number, most significant byte first.
///
/// No charset here has a sequence that begins with a zero byte, except for the zero byte itself.
pub type Code = u32;

/// From which table a charset starts.
pub enum Base {
    /// The web's.
    Web(&'static Encoding),
    /// The web's without the control characters that it puts into the gaps of Microsoft's tables.
    Windows(&'static Encoding),
    /// The web's without sequences of two bytes that are not both at least A1: it has supersets under the names of
    /// national standards.
    High(&'static Encoding),
    /// The first 256 of Unicode.
    Latin1,
    /// ASCII and then these 128.
    Upper(&'static str),
}

/// How glibc's table of a charset differs from the base.
pub struct Rules {
    /// Where to start from.
    pub base: Base,
    /// Sequences, first and last, that glibc does not know.
    pub gaps: &'static [(Code, Code)],
    /// Sequences, first and last, that stand for this character and its successors.
    pub runs: &'static [(Code, Code, char)],
    /// Characters that can be encoded, though the sequence is decoded as another; or the sequence of several that is
    /// taken.
    pub encoded: &'static [(char, Code)],
    /// Sequences, first and last, that are decoded and never written.
    pub decoded_only: &'static [(Code, Code)],
    /// Whether the invisible "tag" characters are dropped silently.
    pub drops_tags: bool,
    /// Whether GB18030's sequences of four bytes, which are not in the table, are there too.
    pub four_bytes: bool,
}

/// A charset as it is used.
pub struct Table {
    /// In the order of sequences.
    chars: Vec<(Code, char)>,
    /// In the order of characters.
    codes: Vec<(char, Code)>,
    drops_tags: bool,
    four_bytes: bool,
}

impl Table {
    /// Take the base and apply the differences.
    pub fn new(rules: &Rules) -> Self {
        let covered = |code: Code| {
            rules.gaps.iter().any(|(first, last)| (*first..=*last).contains(&code))
                || rules.runs.iter().any(|(first, last, _)| (*first..=*last).contains(&code))
        };
        let mut chars = rules.base.chars();
        chars.retain(|(code, _)| !covered(*code));
        chars.extend(rules.runs.iter().flat_map(|(first, last, c)| (*first..=*last).zip(*c..)));
        chars.sort_unstable();
        let written = |code: Code| !rules.decoded_only.iter().any(|(first, last)| (*first..=*last).contains(&code));
        let inverse = chars.iter().map(|(code, c)| (*c, *code)).filter(|(_, code)| written(*code));
        let mut codes: Vec<_> = rules.encoded.iter().copied().chain(inverse).collect();
        // Stable: what is said explicitly comes first, then the first sequence.
        codes.sort_by_key(|(c, _)| *c);
        codes.dedup_by_key(|(c, _)| *c);
        Table { chars, codes, drops_tags: rules.drops_tags, four_bytes: rules.four_bytes }
    }

    /// Encode; `None` if a character is not in the table.
    pub fn encode(&self, text: impl Iterator<Item = char>) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.size_hint().0);
        for c in text {
            if let Ok(index) = self.codes.binary_search_by_key(&c, |(c, _)| *c) {
                let (_, code) = self.codes.get(index)?;
                let zeros = (code.leading_zeros() / 8).min(3);
                out.extend(code.to_be_bytes().iter().skip(zeros as usize));
            } else if self.four_bytes {
                out.extend(four_bytes(c)?);
            } else if !(self.drops_tags && is_tag(c)) {
                return None;
            }
        }
        Some(out)
    }

    /// Decode; `None` if a sequence is not in the table.
    pub fn decode(&self, bytes: &[u8]) -> Option<String> {
        let mut text = String::with_capacity(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (c, length) = self.first(rest)?;
            text.push(c);
            rest = rest.get(length..)?;
        }
        Some(text)
    }

    /// The first character, and the length of its sequence. No sequence begins with another.
    fn first(&self, bytes: &[u8]) -> Option<(char, usize)> {
        let mut code = 0;
        for (byte, length) in bytes.iter().zip(1..=3) {
            code = code << 8 | Code::from(*byte);
            if let Ok(index) = self.chars.binary_search_by_key(&code, |(code, _)| *code) {
                return self.chars.get(index).map(|(_, c)| (*c, length));
            }
        }
        let sequence = bytes.get(..4).filter(|_| self.four_bytes)?;
        let c = web_char(GB18030, sequence)?;
        // glibc has one sequence for a character, the web reads some at their place in former editions as well.
        (four_bytes(c)? == sequence).then_some((c, 4))
    }
}

/// GB18030's sequence of four bytes for a character; `None` if it has none, or a shorter one.
fn four_bytes(c: char) -> Option<[u8; 4]> {
    let mut buffer = [0; 4];
    let (bytes, _, failed) = GB18030.encode(c.encode_utf8(&mut buffer));
    bytes.as_ref().try_into().ok().filter(|_| !failed)
}

/// The "tag" characters, which spell languages or the flags of regions, and are invisible.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

impl Base {
    /// All sequences and their characters, in no particular order.
    fn chars(&self) -> Vec<(Code, char)> {
        match self {
            Base::Web(web) => web_chars(web),
            Base::Windows(web) => {
                let mut chars = web_chars(web);
                chars.retain(|(_, c)| !matches!(c, '\u{80}'..='\u{9f}'));
                chars
            }
            Base::High(web) => {
                let mut chars = web_chars(web);
                chars.retain(|(code, _)| *code <= 0xff || (*code >= 0xa100 && code & 0xff >= 0xa1));
                chars
            }
            Base::Latin1 => (0..=0xff).zip('\0'..).collect(),
            Base::Upper(upper) => (0..=0xff).zip(('\0'..='\x7f').chain(upper.chars())).collect(),
        }
    }
}

/// All sequences that one of the web's tables has, of one or two bytes, or three in EUC-JP.
fn web_chars(web: &'static Encoding) -> Vec<(Code, char)> {
    let single = 0..=0xff;
    let double = (0x8140..=0xfefe).filter(|_| !web.is_single_byte());
    let triple = (0x8f_a1a1..=0x8f_fefe).filter(|_| web == encoding_rs::EUC_JP);
    let mut chars: Vec<_> = single.filter_map(|byte: u8| Some((Code::from(byte), web_char(web, &[byte])?))).collect();
    chars.extend(double.filter_map(|code: u16| Some((Code::from(code), web_char(web, &code.to_be_bytes())?))));
    chars.extend(triple.filter_map(|code: Code| Some((code, web_char(web, code.to_be_bytes().get(1..)?)?))));
    chars
}

/// The one character that these bytes stand for in one of the web's tables.
fn web_char(web: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let text = web.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
