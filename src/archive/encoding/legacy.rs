//! The charsets that are tables, and how glibc's tables differ from the web's.

use std::sync::OnceLock;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, IBM866, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, ISO_8859_10, ISO_8859_13, ISO_8859_14, ISO_8859_15, ISO_8859_16, KOI8_R, KOI8_U, MACINTOSH,
    SHIFT_JIS, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255,
    WINDOWS_1256, WINDOWS_1257, X_MAC_CYRILLIC,
};

use super::table::{Base, Code, Rules, Table};

/// The charsets that are tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// ASCII.
    Ascii,
    /// Western Europe.
    Iso8859_1,
    /// Central Europe.
    Iso8859_2,
    /// Southern Europe.
    Iso8859_3,
    /// Northern Europe.
    Iso8859_4,
    /// Cyrillic.
    Iso8859_5,
    /// Arabic.
    Iso8859_6,
    /// Greek.
    Iso8859_7,
    /// Hebrew.
    Iso8859_8,
    /// Turkish.
    Iso8859_9,
    /// Nordic.
    Iso8859_10,
    /// Thai.
    Iso8859_11,
    /// Baltic.
    Iso8859_13,
    /// Celtic.
    Iso8859_14,
    /// Western Europe with the euro.
    Iso8859_15,
    /// South-Eastern Europe.
    Iso8859_16,
    /// Thai.
    Windows874,
    /// Central Europe.
    Windows1250,
    /// Cyrillic.
    Windows1251,
    /// Western Europe.
    Windows1252,
    /// Greek.
    Windows1253,
    /// Turkish.
    Windows1254,
    /// Hebrew, without what [`super::hebrew`] does.
    Windows1255,
    /// Arabic.
    Windows1256,
    /// Baltic.
    Windows1257,
    /// Russian.
    Koi8R,
    /// Ukrainian.
    Koi8U,
    /// DOS.
    Ibm437,
    /// DOS, Western Europe.
    Ibm850,
    /// DOS, Central Europe.
    Ibm852,
    /// DOS, Western Europe with the euro.
    Ibm858,
    /// DOS, Cyrillic.
    Ibm866,
    /// Apple's, Western Europe.
    Macintosh,
    /// Apple's, Cyrillic.
    MacCyrillic,
    /// Japanese.
    ShiftJis,
    /// Microsoft's Shift_JIS.
    Windows31J,
    /// Japanese.
    EucJp,
    /// Korean.
    EucKr,
    /// Korean: Unified Hangul Code, what Microsoft made of EUC-KR.
    Uhc,
    /// Chinese: what is commonly called GB2312.
    EucCn,
    /// Chinese: GB2312, extended.
    Gbk,
    /// Chinese: all of Unicode.
    Gb18030,
    /// Chinese, traditional.
    Big5,
}

/// The tables as they are used, made when they are first needed. The order is that of the variants.
static TABLES: [OnceLock<Table>; Legacy::Big5 as usize + 1] = [const { OnceLock::new() }; _];

impl Legacy {
    /// Encode; `None` if the charset lacks a character.
    pub fn encode(self, text: impl Iterator<Item = char>) -> Option<Vec<u8>> {
        self.table().encode(text)
    }

    /// Decode; `None` for sequences that are not in the charset.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        self.table().decode(bytes)
    }

    /// This charset's table.
    fn table(self) -> &'static Table {
        TABLES[self as usize].get_or_init(|| Table::new(&self.rules()))
    }

    /// Where glibc's table of this charset comes from.
    fn rules(self) -> Rules {
        match self {
            Legacy::Ascii => of(Base::Upper("")),
            Legacy::Iso8859_1 => of(Base::Latin1),
            Legacy::Iso8859_2 => web(ISO_8859_2),
            Legacy::Iso8859_3 => web(ISO_8859_3),
            Legacy::Iso8859_4 => web(ISO_8859_4),
            Legacy::Iso8859_5 => web(ISO_8859_5),
            Legacy::Iso8859_6 => web(ISO_8859_6),
            Legacy::Iso8859_7 => web(ISO_8859_7),
            Legacy::Iso8859_8 => web(ISO_8859_8),
            Legacy::Iso8859_9 => Rules { runs: TURKISH, ..of(Base::Latin1) },
            Legacy::Iso8859_10 => web(ISO_8859_10),
            // The web takes Microsoft's extension for it, whose additions are all where control characters should be.
            Legacy::Iso8859_11 => Rules { runs: &[(0x80, 0x9f, '\u{80}')], ..web(WINDOWS_874) },
            Legacy::Iso8859_13 => web(ISO_8859_13),
            Legacy::Iso8859_14 => web(ISO_8859_14),
            Legacy::Iso8859_15 => web(ISO_8859_15),
            Legacy::Iso8859_16 => web(ISO_8859_16),
            Legacy::Windows874 => of(Base::Windows(WINDOWS_874)),
            Legacy::Windows1250 => of(Base::Windows(WINDOWS_1250)),
            Legacy::Windows1251 => of(Base::Windows(WINDOWS_1251)),
            Legacy::Windows1252 => of(Base::Windows(WINDOWS_1252)),
            Legacy::Windows1253 => of(Base::Windows(WINDOWS_1253)),
            Legacy::Windows1254 => of(Base::Windows(WINDOWS_1254)),
            Legacy::Windows1255 => Rules { gaps: &[(0xca, 0xca)], ..of(Base::Windows(WINDOWS_1255)) },
            Legacy::Windows1256 => of(Base::Windows(WINDOWS_1256)),
            Legacy::Windows1257 => of(Base::Windows(WINDOWS_1257)),
            Legacy::Koi8R => web(KOI8_R),
            // The web has the Belarusian letter of KOI8-RU here.
            Legacy::Koi8U => Rules { runs: &[(0xae, 0xae, '╝'), (0xbe, 0xbe, '╬')], ..web(KOI8_U) },
            Legacy::Ibm437 => of(Base::Upper(UPPER_437)),
            Legacy::Ibm850 => of(Base::Upper(UPPER_850)),
            Legacy::Ibm852 => of(Base::Upper(UPPER_852)),
            Legacy::Ibm858 => Rules { runs: &[(0xd5, 0xd5, '€')], ..of(Base::Upper(UPPER_850)) },
            Legacy::Ibm866 => web(IBM866),
            // The increment is a Greek letter in glibc, and the apple is elsewhere in the private use area.
            Legacy::Macintosh => Rules { runs: &[(0xc6, 0xc6, 'Δ'), (0xf0, 0xf0, '\u{e01e}')], ..web(MACINTOSH) },
            // As it was before the euro.
            Legacy::MacCyrillic => Rules { runs: &[(0xff, 0xff, '¤')], ..web(X_MAC_CYRILLIC) },
            Legacy::ShiftJis => SHIFT_JIS_RULES,
            Legacy::Windows31J => WINDOWS_31J_RULES,
            Legacy::EucJp => EUC_JP_RULES,
            Legacy::EucKr => EUC_KR_RULES,
            Legacy::Uhc => web(EUC_KR),
            Legacy::EucCn => EUC_CN_RULES,
            Legacy::Gbk => Rules { gaps: GBK_GAPS, ..web(GBK) },
            Legacy::Gb18030 => GB18030_RULES,
            Legacy::Big5 => BIG5_RULES,
        }
    }
}

/// Nothing but the base.
const fn of(base: Base) -> Rules {
    Rules { base, gaps: &[], runs: &[], encoded: &[], decoded_only: &[], drops_tags: true, four_bytes: false }
}

/// Nothing but the web's table.
const fn web(encoding: &'static Encoding) -> Rules {
    of(Base::Web(encoding))
}

/// The letters in which ISO-8859-9 differs from ISO-8859-1. The web takes Microsoft's extension instead.
const TURKISH: &[(Code, Code, char)] =
    &[(0xd0, 0xd0, 'Ğ'), (0xdd, 0xdd, 'İ'), (0xde, 0xde, 'Ş'), (0xf0, 0xf0, 'ğ'), (0xfd, 0xfd, 'ı'), (0xfe, 0xfe, 'ş')];

/// The upper half of DOS's first codepage.
const UPPER_437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The upper half of that for Western Europe.
const UPPER_850: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// The upper half of that for Central Europe.
const UPPER_852: &str = "\
    ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐\
    └┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}";

/// The standard without vendors' extensions, and with yen sign and overline in ASCII's place.
const SHIFT_JIS_RULES: Rules = Rules {
    gaps: &[(0x80, 0x80), (0x8740, 0x87fc), (0xed40, 0xfcfc)],
    runs: &[
        (0x5c, 0x5c, '¥'),
        (0x7e, 0x7e, '‾'),
        (0x8160, 0x8160, '\u{301c}'),
        (0x8161, 0x8161, '\u{2016}'),
        (0x817c, 0x817c, '\u{2212}'),
        (0x8191, 0x8191, '¢'),
        (0x8192, 0x8192, '£'),
        (0x81ca, 0x81ca, '¬'),
    ],
    encoded: &[('\\', 0x5c), ('~', 0x7e), ('\u{ffe0}', 0x8191), ('\u{ffe1}', 0x8192), ('\u{ffe2}', 0x81ca)],
    ..web(SHIFT_JIS)
};

/// Microsoft's, which is the web's except for what else can be encoded.
const WINDOWS_31J_RULES: Rules = Rules {
    gaps: &[(0x80, 0x80)],
    encoded: &[
        ('¢', 0x8191),
        ('£', 0x8192),
        ('¥', 0x5c),
        ('¬', 0x81ca),
        ('\u{2014}', 0x815c),
        ('\u{2016}', 0x8161),
        ('‾', 0x7e),
        ('\u{2212}', 0x817c),
        ('\u{301c}', 0x8160),
    ],
    // NEC's selection of IBM's extensions: they are at IBM's place as well.
    decoded_only: &[(0xed40, 0xeefc)],
    ..web(SHIFT_JIS)
};

/// Without vendors' extensions; with control characters, except for those that shift.
const EUC_JP_RULES: Rules = Rules {
    gaps: &[(0xada1, 0xadfe), (0xf9a1, 0xfcfe)],
    runs: &[
        (0x80, 0x8d, '\u{80}'),
        (0x90, 0x9f, '\u{90}'),
        (0xa1c1, 0xa1c1, '\u{301c}'),
        (0xa1c2, 0xa1c2, '\u{2016}'),
        (0xa1dd, 0xa1dd, '\u{2212}'),
        (0xa1f1, 0xa1f1, '¢'),
        (0xa1f2, 0xa1f2, '£'),
        (0xa2cc, 0xa2cc, '¬'),
    ],
    encoded: &[('¥', 0x5c), ('‾', 0x7e)],
    ..web(EUC_JP)
};

/// The standard without Microsoft's extension, with control characters and the sign of the postal code.
const EUC_KR_RULES: Rules = Rules {
    runs: &[(0x80, 0x9f, '\u{80}'), (0xa2e8, 0xa2e8, '\u{327e}')],
    encoded: &[('₩', 0xa3dc)],
    ..of(Base::High(EUC_KR))
};

/// GB 2312 without the extensions that GBK made inside its rows.
const EUC_CN_RULES: Rules = Rules {
    gaps: &[
        (0x80, 0x80),
        (0xa2a1, 0xa2b0),
        (0xa2e3, 0xa2e4),
        (0xa2ef, 0xa2f0),
        (0xa2fd, 0xa2fe),
        (0xa4f4, 0xa4fe),
        (0xa5f7, 0xa5fe),
        (0xa6b9, 0xa6c0),
        (0xa6d9, 0xa6fe),
        (0xa7c2, 0xa7d0),
        (0xa7f2, 0xa7fe),
        (0xa8bb, 0xa8c4),
        (0xa8ea, 0xa9a3),
        (0xa9f0, 0xaffe),
        (0xd7fa, 0xd7fe),
        (0xf8a1, 0xfefe),
    ],
    runs: &[(0xa1a4, 0xa1a4, '\u{30fb}'), (0xa1aa, 0xa1aa, '\u{2015}')],
    ..of(Base::High(GBK))
};

/// What GB18030, which the web takes for GBK, added: mostly rows for private use.
const GBK_GAPS: &[(Code, Code)] = &[
    (0xa140, 0xa1a0),
    (0xa240, 0xa2a0),
    (0xa2ab, 0xa2b0),
    (0xa2e3, 0xa2e4),
    (0xa2ef, 0xa2f0),
    (0xa2fd, 0xa3a0),
    (0xa440, 0xa4a0),
    (0xa4f4, 0xa5a0),
    (0xa5f7, 0xa6a0),
    (0xa6b9, 0xa6c0),
    (0xa6d9, 0xa6df),
    (0xa6ec, 0xa6ed),
    (0xa6f3, 0xa6f3),
    (0xa6f6, 0xa7a0),
    (0xa7c2, 0xa7d0),
    (0xa7f2, 0xa7fe),
    (0xa896, 0xa8a0),
    (0xa8bc, 0xa8bc),
    (0xa8bf, 0xa8bf),
    (0xa8c1, 0xa8c4),
    (0xa8ea, 0xa8fe),
    (0xa958, 0xa958),
    (0xa95b, 0xa95b),
    (0xa95d, 0xa95f),
    (0xa989, 0xa995),
    (0xa997, 0xa9a3),
    (0xa9f0, 0xa9fe),
    (0xaaa1, 0xaafe),
    (0xaba1, 0xabfe),
    (0xaca1, 0xacfe),
    (0xada1, 0xadfe),
    (0xaea1, 0xaefe),
    (0xafa1, 0xaffe),
    (0xd7fa, 0xd7fe),
    (0xf8a1, 0xf8fe),
    (0xf9a1, 0xf9fe),
    (0xfaa1, 0xfafe),
    (0xfba1, 0xfbfe),
    (0xfca1, 0xfcfe),
    (0xfda1, 0xfdfe),
    (0xfe50, 0xfefe),
];

/// The edition of 2005, which glibc had until 2.38; with 2.39 it became that of 2022. The web mixes the two.
///
/// They differ in 24 characters for private use and 6 others. We cannot know which glibc a server has.
const GB18030_RULES: Rules = Rules {
    gaps: &[(0x80, 0x80)],
    runs: &[
        (0xa3a0, 0xa3a0, '\u{e5e5}'),
        (0xfe51, 0xfe51, '\u{20087}'),
        (0xfe52, 0xfe52, '\u{20089}'),
        (0xfe53, 0xfe53, '\u{200cc}'),
        (0xfe6c, 0xfe6c, '\u{215d7}'),
        (0xfe76, 0xfe76, '\u{2298f}'),
        (0xfe91, 0xfe91, '\u{241fe}'),
    ],
    drops_tags: false,
    four_bytes: true,
    ..web(GB18030)
};

/// Without Hong Kong's extension, and with rows for private use instead of the web's ETEN rows.
const BIG5_RULES: Rules = Rules {
    gaps: &[(0x8140, 0xa0fe), (0xa3c0, 0xa3e0), (0xfa40, 0xfefe)],
    runs: &[
        (0x80, 0x80, '\u{80}'),
        (0xc6a1, 0xc6fe, '\u{f6b1}'),
        (0xc740, 0xc77e, '\u{f70f}'),
        (0xc7a1, 0xc7fe, '\u{f74e}'),
        (0xc840, 0xc87e, '\u{f7ac}'),
        (0xc8a1, 0xc8fe, '\u{f7eb}'),
        (0xf9fe, 0xf9fe, '▓'),
    ],
    // These are twice in the standard; of the others, the first is taken.
    encoded: &[('十', 0xa451), ('卅', 0xa4ca)],
    ..web(BIG5)
};
