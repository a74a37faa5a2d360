//! Any bytes as a tag or commit object: parse it, split it, look at its signature. Nothing may panic, and nobody may be believed.
#![no_main]

use auth_tarball_from_git::git::{Commit, Object, Tag, TagName};
use auth_tarball_from_git::signature::{Conditions, Policy, Trust, verify_commit, verify_tag};
use foreign::Problem as _;
use gix_object::Kind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (hash, body) = match data.split_first() {
        Some((first, rest)) if first & 1 == 1 => (gix_hash::Kind::Sha256, rest),
        Some((_, rest)) => (gix_hash::Kind::Sha1, rest),
        None => return,
    };
    // A header that is right lets most inputs get to the message.
    let header = format!("object {}\ntype commit\ntag v1\ntagger T <t> 1 +0000\n\n", gix_hash::ObjectId::null(hash));
    let texts = [body.to_vec(), [header.as_bytes(), body].concat()];
    for text in texts {
        let Ok(id) = gix_object::compute_hash(hash, Kind::Tag, &text) else { continue };
        let object = Object::check(id, Kind::Tag, text).expect("its own hash");
        let Ok(tag) = Tag::parse(object) else { continue };
        let name = String::from_utf8_lossy(tag.name().as_bytes()).into_owned();
        let Ok(name) = TagName::parse(&name) else { continue };
        let policy = Policy::new(Conditions::default());
        let error = verify_tag(tag, &name, &Trust::default(), &policy).expect_err("nobody is trusted");
        assert!(!error.to_string().contains('\x1b') && !error.help().is_empty());
    }
    let header = format!("tree {}\nauthor A <a> 1 +0000\ncommitter C <c> 1 +0000\n", gix_hash::ObjectId::null(hash));
    let text = [header.as_bytes(), body].concat();
    let Ok(id) = gix_object::compute_hash(hash, Kind::Commit, &text) else { return };
    let object = Object::check(id, Kind::Commit, text).expect("its own hash");
    let Ok(commit) = Commit::parse(object) else { return };
    let policy = Policy::new(Conditions::default());
    verify_commit(commit, Vec::new(), &Trust::default(), &policy).expect_err("nobody is trusted");
});
