//! `%C(always,...)`: colours that a terminal's absence does not switch off (specification 6.5, and git-config(1), "color").

use crate::c_text;

/// The escape sequence for a colour as git's configuration writes it; `None` for one that git does not know.
pub fn escape(spec: &[u8]) -> Option<Vec<u8>> {
    let mut codes: Vec<String> = Vec::new();
    let mut colors: Vec<Color> = Vec::new();
    // One bit for each attribute's code: they come out in order, each once.
    let mut attributes = 0u32;
    let mut resets = false;
    for word in spec.split(|byte| c_text::is_space(*byte)).filter(|word| !word.is_empty()) {
        // Names of colours may be in capitals, those of attributes may not.
        let name = word.to_ascii_lowercase();
        if name == b"reset" {
            resets = true;
        } else if let Some(color) = Color::named(&name).filter(|_| colors.len() < 2) {
            colors.push(color);
        } else {
            attributes |= 1 << attribute(word)?;
        }
    }
    if resets {
        codes.push(String::new());
    }
    codes.extend((0..32).filter(|code| attributes >> code & 1 == 1).map(|code| code.to_string()));
    codes.extend(colors.iter().zip([0, 10]).filter_map(|(color, background)| color.code(background)));
    if codes.is_empty() {
        return Some(Vec::new());
    }
    Some(format!("\x1b[{}m", codes.join(";")).into_bytes())
}

enum Color {
    /// `normal`: as it was.
    Unchanged,
    /// One that has its own code.
    Code(u8),
    /// One of 256.
    Indexed(u8),
    Rgb([u8; 3]),
}

impl Color {
    fn named(word: &[u8]) -> Option<Self> {
        const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
        if let Some(hex) = word.strip_prefix(b"#") {
            return rgb(hex).map(Color::Rgb);
        }
        let (base, name) = word.strip_prefix(b"bright").map_or((30, word), |name| (90, name));
        if let Some(index) = NAMES.iter().position(|known| known.as_bytes() == name) {
            return Some(Color::Code(base + index as u8));
        }
        match word {
            b"normal" => Some(Color::Unchanged),
            b"default" => Some(Color::Code(39)),
            _ => match std::str::from_utf8(word).ok()?.parse::<i64>().ok()? {
                -1 => Some(Color::Unchanged),
                number @ 0..8 => Some(Color::Code(30 + number as u8)),
                number @ 8..16 => Some(Color::Code(90 + number as u8 - 8)),
                number => u8::try_from(number).ok().map(Color::Indexed),
            },
        }
    }

    fn code(&self, background: u8) -> Option<String> {
        match self {
            Color::Unchanged => None,
            Color::Code(code) => Some((code + background).to_string()),
            Color::Indexed(index) => Some(format!("{};5;{index}", 38 + background)),
            Color::Rgb([red, green, blue]) => Some(format!("{};2;{red};{green};{blue}", 38 + background)),
        }
    }
}

/// `rrggbb`, or `rgb` as git since 2.46 has it.
fn rgb(hex: &[u8]) -> Option<[u8; 3]> {
    let digit = |at: usize| hex.get(at).copied().and_then(c_text::hex_digit);
    let wide = match hex.len() {
        6 => true,
        3 => false,
        _ => return None,
    };
    let mut channels = [0; 3];
    for (index, channel) in channels.iter_mut().enumerate() {
        let (high, low) = if wide { (2 * index, 2 * index + 1) } else { (index, index) };
        *channel = digit(high)? << 4 | digit(low)?;
    }
    Some(channels)
}

fn attribute(word: &[u8]) -> Option<u8> {
    const ATTRIBUTES: [(&str, u8, u8); 7] = [
        ("bold", 1, 22),
        ("dim", 2, 22),
        ("italic", 3, 23),
        ("ul", 4, 24),
        ("blink", 5, 25),
        ("reverse", 7, 27),
        ("strike", 9, 29),
    ];
    let (name, is_off) = match word.strip_prefix(b"no") {
        Some(rest) => (rest.strip_prefix(b"-").unwrap_or(rest), true),
        None => (word, false),
    };
    let (_, on, off) = ATTRIBUTES.into_iter().find(|(known, ..)| known.as_bytes() == name)?;
    Some(if is_off { off } else { on })
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn colors_become_escapes() {
        for (spec, expected) in [
            ("red", "\x1b[31m"),
            ("reset", "\x1b[m"),
            ("bold 201 ul", "\x1b[1;4;38;5;201m"),
            ("#ff8000", "\x1b[38;2;255;128;0m"),
            ("red blue", "\x1b[31;44m"),
            ("normal", ""),
            ("normal red", "\x1b[41m"),
            ("RESET brightRed", "\x1b[;91m"),
            ("no-bold nodim 9", "\x1b[22;91m"),
            ("default default", "\x1b[39;49m"),
        ] {
            assert_eq!(escape(spec.as_bytes()).unwrap(), expected.as_bytes(), "{spec}");
        }
        for bad in ["nocolour", "Bold", "red blue green", "256", "-2", "#12345", "#gggggg"] {
            assert_eq!(escape(bad.as_bytes()), None, "{bad}");
        }
    }
}
