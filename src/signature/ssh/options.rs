//! Options of allowed-signers lines, as OpenSSH's `sshsigopt_parse` reads them.

use foreign::Time;

use super::pattern::list_matches;
use super::time;
use crate::limits;

/// What a line says about its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The key is that of an authority which issues certificates.
    pub is_authority: bool,
    /// `namespaces="..."`: a list of patterns.
    pub namespaces: Option<Vec<u8>>,
    /// No signature before this.
    pub valid_after: Option<Time>,
    /// No signature after this; one at this very second is still good.
    pub valid_before: Option<Time>,
    /// Whether one of the times came without a zone.
    pub has_local_time: bool,
}

/// What is wrong with the times of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideWindow {
    TooEarly(Time),
    TooLate(Time),
}

impl Options {
    /// Read the options of a line; the error is a sentence about "it".
    pub fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let mut options = Options::default();
        let mut rest = text;
        loop {
            if let Some(behind) = strip_prefix(rest, b"cert-authority") {
                options.is_authority = true;
                rest = behind;
            } else if let Some(behind) = strip_prefix(rest, b"namespaces=") {
                let (value, behind) = dequote(behind)?;
                if options.namespaces.replace(value).is_some() {
                    return Err("it has the option namespaces twice");
                }
                rest = behind;
            } else if let Some(behind) = strip_prefix(rest, b"valid-after=") {
                rest = options.time(behind, |options| &mut options.valid_after)?;
            } else if let Some(behind) = strip_prefix(rest, b"valid-before=") {
                rest = options.time(behind, |options| &mut options.valid_before)?;
            }
            // OpenSSH, too, takes commas with nothing before them.
            match rest.split_first() {
                None => break,
                Some((b',', [])) => return Err("its options end in a comma"),
                Some((b',', behind)) => rest = behind,
                Some(_) => return Err("it has an option that is not known"),
            }
        }
        if let (Some(after), Some(before)) = (options.valid_after, options.valid_before)
            && before <= after
        {
            return Err("its valid-before is not later than its valid-after");
        }
        let lists = options.namespaces.iter();
        if lists.flatten().filter(|byte| **byte == b',').count() >= limits::SSH_PATTERNS {
            return Err("it has too many namespaces");
        }
        Ok(options)
    }

    fn time<'a>(
        &mut self,
        text: &'a [u8],
        field: impl FnOnce(&mut Self) -> &mut Option<Time>,
    ) -> Result<&'a [u8], &'static str> {
        let (value, rest) = dequote(text)?;
        let written =
            time::parse(&value).ok_or("it has a time that is not YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS with a Z")?;
        self.has_local_time |= !written.has_zone;
        match field(self).replace(written.time) {
            None => Ok(rest),
            Some(_) => Err("it has the same time option twice"),
        }
    }

    /// Whether the key may sign for `namespace`.
    pub fn is_for(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|list| list_matches(namespace.as_bytes(), list))
    }

    /// Whether the key may sign at that time.
    pub fn check_time(&self, signed_at: Time) -> Result<(), OutsideWindow> {
        match (self.valid_after, self.valid_before) {
            (Some(after), _) if signed_at < after => Err(OutsideWindow::TooEarly(after)),
            (_, Some(before)) if signed_at > before => Err(OutsideWindow::TooLate(before)),
            _ => Ok(()),
        }
    }
}

/// Without regard to case, as all of OpenSSH's options.
fn strip_prefix<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The text in the quotes at the front, in which `\"` stands for a quote, and what is behind them: `opt_dequote`.
fn dequote(text: &[u8]) -> Result<(Vec<u8>, &[u8]), &'static str> {
    let mut rest = text.strip_prefix(b"\"").ok_or("it has an option whose value does not begin with a quote")?;
    let mut value = Vec::new();
    loop {
        rest = match rest {
            [] => return Err("it has an option whose value does not end in a quote"),
            [b'"', behind @ ..] => return Ok((value, behind)),
            [b'\\', b'"', behind @ ..] => {
                value.push(b'"');
                behind
            }
            [byte, behind @ ..] => {
                value.push(*byte);
                behind
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, OutsideWindow, Time};

    fn parse(text: &str) -> Result<Options, &'static str> {
        Options::parse(text.as_bytes())
    }

    #[test]
    fn good_ones() {
        assert_eq!(parse("cert-authority"), Ok(Options { is_authority: true, ..Options::default() }));
        assert_eq!(parse("Cert-AUTHORITY,cert-authority"), parse("cert-authority"));
        assert_eq!(parse(",,cert-authority"), parse("cert-authority"));
        assert_eq!(
            parse(r#"NAMESPACES="git,\"x\",\\\"",valid-after="20240101Z",,VALID-before="202401020304""#),
            Ok(Options {
                is_authority: false,
                namespaces: Some(br#"git,"x",\\""#.to_vec()),
                valid_after: Some(Time(1_704_067_200)),
                valid_before: Some(Time(1_704_164_640)),
                has_local_time: true,
            })
        );
    }

    #[test]
    fn bad_ones() {
        for text in [
            "cert-authority,",
            "cert-authorityx",
            "cert-authority=\"yes\"",
            "no-cert-authority",
            "namespaces",
            "namespaces=",
            "namespaces=git",
            "namespaces=\"git",
            "namespaces=\"git\\\"",
            "namespaces=\"git\"x",
            "namespaces=\"git\\\\\"",
            "namespaces=\"git\",namespaces=\"git\"",
            "namespaces =\"git\"",
            "valid-after=\"\"",
            "valid-after=\"19700101Z\"",
            "valid-after=\"20240101Z\",valid-after=\"20240101Z\"",
            "valid-after=\"20240101Z\",valid-before=\"20240101Z\"",
            "valid-after=\"20240102Z\",valid-before=\"20240101Z\"",
            "no-touch-required",
            "x",
            ",",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("namespaces=\"{}\"", ",".repeat(1023))).is_ok());
        assert!(parse(&format!("namespaces=\"{}\"", ",".repeat(1024))).is_err());
    }

    #[test]
    fn windows_and_namespaces() {
        let options = parse(r#"valid-after="20240101Z",valid-before="20240102Z",namespaces="f*,!file""#).unwrap();
        let (after, before) = (1_704_067_200, 1_704_153_600);
        assert_eq!(options.check_time(Time(after - 1)), Err(OutsideWindow::TooEarly(Time(after))));
        assert_eq!(options.check_time(Time(after)), Ok(()));
        assert_eq!(options.check_time(Time(before)), Ok(()));
        assert_eq!(options.check_time(Time(before + 1)), Err(OutsideWindow::TooLate(Time(before))));
        assert!(!options.is_for("git") && !options.is_for("file") && options.is_for("foo"));
        assert!(Options::default().is_for("git"));
        assert!(!parse("namespaces=\"\"").unwrap().is_for("git"));
    }
}
