//! One changed byte, anywhere: another tarball is never the archive.

use auth_tarball_from_git::tarball::{Outcome, Tarball, compare};

use crate::environment::Environment;
use crate::forge::Run;

/// Every single byte of a tar with all kinds of entries and headers is changed in two ways. Only ref names may be others,
/// and only such as could be refs.
#[test]
fn every_byte_counts_but_those_that_only_the_forge_knew() {
    let env = Environment::new();
    let repo = env.repository("x.git");
    let long = "l".repeat(120);
    let commit = repo.commit(&[
        (".gitattributes", "v export-subst\nunix.txt eol=crlf\nwide working-tree-encoding=UTF-16\n"),
        ("README", "Read me.\n"),
        ("bin/run*", "#!/bin/sh\n"),
        ("deep/er/and/deeper/file", ""),
        ("link", "-> README"),
        ("far", &format!("-> {long}")),
        (&format!("{long}/{long}"), "long name\n"),
        ("unix.txt", "one\ntwo\n"),
        ("v", "version = '$Format:%h$$Format:%d$'\n"),
        ("wide", "\u{e9}\n"),
    ]);
    let tar = repo.tar(&commit, "x-1/");
    let refs = b" (HEAD -> main)";
    let start = tar.windows(refs.len()).position(|window| window == refs).expect("the refs");
    let run = Run::new(&repo.path, &commit, "x-1/", "", "").expect("a run");
    let mut accepted = Vec::new();
    run.plan(|archive| {
        let is_accepted = |tar: &[u8]| {
            let reader = Box::new(std::io::Cursor::new(tar.to_vec()));
            let tarball = Tarball::from_reader(reader, tar.len() as u64, None, &[]);
            tarball.is_ok_and(|tarball| matches!(compare(archive, tarball, None, &mut |_| ()), Ok(Outcome::Same(_))))
        };
        assert!(is_accepted(&tar));
        let mut changed = tar.clone();
        for at in 0..tar.len() {
            for with in [1 << (at % 8), 0xff] {
                changed[at] = tar[at] ^ with;
                if is_accepted(&changed) {
                    accepted.push((at, changed[at]));
                }
            }
            changed[at] = tar[at];
        }
        Ok(())
    })
    .expect("a plan");
    assert!(!accepted.is_empty(), "a letter of a branch may be another");
    for (at, byte) in accepted {
        assert!((start..start + refs.len()).contains(&at), "byte {at} of {} became {byte}", tar.len());
        assert!(byte.is_ascii_alphanumeric() || b"._/+@-#!,".contains(&byte), "byte {at} became {byte}");
    }
}
