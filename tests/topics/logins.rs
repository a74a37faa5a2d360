//! Who logs in: user and password of the URL, and of netrc files in all the forms that curl reads.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use super::http::{Setting, read_head};
use crate::environment::servers::serve;

/// Forms that stopped each check of an https URL, also of public repositories.
#[test]
fn netrc_files_that_are_not_understood_stop_nothing() {
    let s = Setting::new();
    for (text, warns) in [
        ("machine example.org login a password b\n", false),
        ("# my logins\nmachine example.org login a password b\n", false),
        ("machine example.org login a password b # work\n", false),
        ("machine example.org login a\n", false),
        ("machine example.org password b\n", false),
        ("machine localhost\n", false),
        ("machine localhost password b\n", false),
        ("macdef init\nbinary\n", false),
        ("machine example.org login a password \"b c\"\n", false),
        ("machine example.org login a password \"b c\n", true),
        ("", false),
        ("\u{feff}machine example.org login a password b\n", false),
        ("machine example.org login a password b protocol https\n", true),
        ("what is this\n", true),
    ] {
        s.env.file(".netrc", text);
        let outcome = s.https(&s.server.https("x.git")).expect_authentic();
        assert_eq!(outcome.err.contains("warning: "), warns, "{text:?}: {outcome:?}");
        let requests = s.server.requests();
        assert!(requests.iter().all(|line| line.ends_with("auth=-")), "nobody logs in: {requests:#?}");
    }
    s.env.file(".netrc", b"machine example.org login a password b\xff\n");
    s.https(&s.server.https("x.git")).expect_authentic();
}

/// Real requests with what the file says; nothing empty is sent.
#[test]
fn the_header_that_a_netrc_file_makes() {
    let s = Setting::new();
    // nginx knows me with the password secret, and nobody else.
    let url = s.server.https("private/x.git");
    let user = url.replace("localhost", "me@localhost");
    for (text, url, is_known) in [
        ("machine localhost login me password secret", &url, true),
        ("machine LOCALHOST\r\n  login \"me\"\r\n  password \"s\\ecret\"\r\n", &url, true),
        ("machine localhost login a password b machine localhost login me password secret", &user, true),
        ("machine localhost password secret", &user, true),
        ("default login me password secret", &user, true),
        ("machine localhost login me password \"wrong\"\nmachine localhost login me password secret", &url, false),
        ("machine localhost login a password secret", &user, false),
        ("machine localhost login me", &url, false),
        ("machine localhost", &url, false),
    ] {
        s.env.file(".netrc", text);
        match is_known {
            true => drop(s.https(url).expect_authentic()),
            false => drop(s.https(url).expect_not_checked("refuses access: 401")),
        }
    }
}

#[test]
fn credentials_that_nobody_gave_are_not_sent() {
    let s = Setting::new();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let heard = heads.clone();
    let port = serve(move |mut client| {
        heard.lock().unwrap().push(read_head(&mut client).to_lowercase());
        let _ = client.write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    });
    for (url, header) in [
        (format!("http://127.0.0.1:{port}/x.git"), None),
        (format!("http://me:secret@127.0.0.1:{port}/x.git"), Some("authorization: basic bwu6c2vjcmv0\r\n")),
        // A token with nothing behind it, as forges take it: what the user wrote.
        (format!("http://me@127.0.0.1:{port}/x.git"), Some("authorization: basic bwu6\r\n")),
    ] {
        s.check(url).expect_not_checked("404");
        let head = heads.lock().unwrap().pop().unwrap();
        match header {
            Some(header) => assert!(head.contains(header), "{head}"),
            None => assert!(!head.contains("authorization"), "{head}"),
        }
    }
}

/// A login file that is there and cannot be used is told, with its name, once.
#[test]
fn netrc_files_that_cannot_be_read() {
    let s = Setting::new();
    let url = s.server.https("x.git");
    let large = s.env.file("large", vec![b'\n'; 2 << 20]);
    let outcome = s.https(&url).arg("-v").env("NETRC", &large).expect_not_checked("cannot be read: it is larger than");
    assert!(outcome.err.contains("large") && !outcome.err.contains("trying again"), "{outcome:?}");
    s.https(&url).env("NETRC", s.env.path("none")).expect_authentic();
    for other in [s.env.path(""), "/dev/zero".into()] {
        let outcome = s.https(&url).env("NETRC", other).expect_authentic();
        assert_eq!(outcome.err.matches("is not a regular file").count(), 1, "{outcome:?}");
    }
}
