//! What it means to cosign: a builder says of its own bytes what the publisher says, and only if they are the same bytes.
//! `docs/quorum.md`, section 3.

use std::borrow::Cow;

use foreign::{Foreign, Meaning, Problem, Time};

use crate::author::{Author, author};
use crate::block::Block;
use crate::claim::claimed_key;
use crate::judge::{NotCounted, weigh};
use crate::key::PublicKey;
use crate::keyfile::SecretKey;
use crate::payload::Payload;
use crate::policy::Policy;
use crate::sign::{SignError, sign};
use crate::statement::{Material, Role, Statement};
use crate::verify::{BadSignature, VerifiedBlock};

/// What a publisher whose key is known says of a file.
///
/// Only [`find`](Publication::find) makes one: the publisher's signature is over these bytes.
#[derive(Clone, Debug)]
pub struct Publication {
    statement: Statement,
    block: VerifiedBlock,
    /// All keys that are the publisher's.
    publishers: Vec<PublicKey>,
}

/// Why a builder does not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// No block by one of the keys.
    #[error("there is no block by the publisher")]
    NoPublisher,
    /// Another build, or another release.
    #[error("this is not the file that the publisher signed: {why}")]
    OtherBytes {
        /// What is wrong with the publisher's block.
        why: BadSignature,
    },
    /// The name.
    #[error("the publisher signed a file named {name}, not {found}")]
    OtherFile {
        /// The publisher's.
        name: Foreign,
        /// The builder's.
        found: Foreign,
    },
    /// The policy.
    #[error("the publisher's block does not count: {0}")]
    NotCounted(NotCounted),
    /// One file, and several stories of where it comes from.
    #[error("the publisher signed this file as made from different material, which differs in {}", .differ.join(", "))]
    Contradiction {
        /// What is said.
        materials: Vec<Material>,
        /// The fields that differ.
        differ: Vec<String>,
    },
    /// The publisher cannot be its own second opinion.
    #[error("this key is the publisher's, and a builder is someone else")]
    OwnKey,
    /// Signing.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Problem for CosignError {
    fn code(&self) -> &'static str {
        match self {
            CosignError::NoPublisher => "no-publisher",
            CosignError::OtherBytes { .. } => "not-the-published-file",
            CosignError::OtherFile { .. } => "other-file",
            CosignError::NotCounted(why) => why.code(),
            CosignError::Contradiction { .. } => "publisher-contradicts-itself",
            CosignError::OwnKey => "key-is-the-publishers",
            CosignError::Sign(error) => error.code(),
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            CosignError::NoPublisher => Meaning::NotChecked,
            CosignError::Sign(error) => error.meaning(),
            _ => Meaning::NotAuthentic,
        }
    }

    fn help(&self) -> Cow<'static, str> {
        match self {
            CosignError::NoPublisher => "Get the publisher's set first, and name the publisher's key.".into(),
            CosignError::OtherBytes { .. } => {
                "Find out what differs between the two: the build, the source or the environment.".into()
            }
            CosignError::OtherFile { name, .. } => {
                format!("Check whether this is the right file, and give it the name {name}.").into()
            }
            CosignError::NotCounted(why) => why.help(),
            CosignError::Contradiction { .. } => "Ask the publisher which is right; sign nothing until then.".into(),
            CosignError::OwnKey => "Sign with the builder's own key.".into(),
            CosignError::Sign(error) => error.help(),
        }
    }
}

impl Publication {
    /// Find what the publisher says of this file.
    ///
    /// Of a policy, the publisher's keys are asked; keys without a policy are all taken for the publisher's.
    ///
    /// ```
    /// use minisign_quorum::{Payload, Policy, Publication, SecretKey, Set, Time};
    ///
    /// # use minisign_quorum::{Origin, Recipe, Role, Statement, sign};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let payload = Payload::from_reader(b"hello-1.0.tar.gz", &b"what alice has built"[..])?;
    /// # let (publisher, alice) = (SecretKey::generate()?, SecretKey::generate()?);
    /// # let recipe = Recipe::GitArchive { prefix: Vec::new() };
    /// # let origin = Origin { source: b"u".to_vec(), tag: b"t".to_vec(), commit: "0".repeat(40), recipe };
    /// # let statement = Statement::new(Time(1), payload.name().to_vec(), Role::Publisher, origin);
    /// # let blocks = vec![sign(&payload, &publisher, &statement.to_bytes())?.block().clone()];
    /// let keys = Policy::of_keys(vec![publisher.public().clone()])?;
    /// let publication = Publication::find(&blocks, &payload, &keys)?;
    /// let signed = publication.cosign(&payload, &alice, Time(1_714_300_000))?;
    /// assert_eq!(signed.statement()?.material, publication.statement().material);
    /// let mut set = Set::new();
    /// set.add(publication.block());
    /// set.add(&signed);
    /// # assert_eq!(set.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CosignError`]
    pub fn find(blocks: &[Block], payload: &Payload, keys: &Policy) -> Result<Self, CosignError> {
        let (mut found, mut problem) = (Vec::<Publication>::new(), None);
        // The first that is wrong is told, and what says most before what says least.
        let mut say = |error: CosignError| {
            let rank = |error: &CosignError| matches!(error, CosignError::OtherBytes { .. });
            if problem.as_ref().is_none_or(|told| rank(told) && !rank(&error)) {
                problem = Some(error);
            }
        };
        for block in blocks {
            match author(block, payload, keys) {
                Author::Known(trusted, verified) if keys.role(trusted) != Some(Role::Builder) => {
                    match weigh(&verified, trusted, payload, keys, false) {
                        Ok(said) if said.by == Some(Role::Publisher) => {
                            if let Ok(statement) = verified.statement() {
                                found.push(Publication { statement, block: verified, publishers: Vec::new() });
                            }
                        }
                        Ok(_) => {}
                        Err(NotCounted::OtherFile(name)) => {
                            say(CosignError::OtherFile { name, found: Foreign::from(payload.name()) });
                        }
                        Err(why) => say(CosignError::NotCounted(why)),
                    }
                }
                Author::Bad(suspects, why)
                    if suspects.iter().any(|trusted| keys.role(trusted) != Some(Role::Builder))
                        && Statement::parse(&block.trusted_comment)
                            .is_ok_and(|said| said.by == Some(Role::Publisher)) =>
                {
                    say(CosignError::OtherBytes { why });
                }
                _ => {}
            }
        }
        // The publisher may have signed again: the newest, if they all name the same material.
        found.sort_by(|one, other| one.statement.cmp(&other.statement));
        let Some(mut newest) = found.pop() else { return Err(problem.unwrap_or(CosignError::NoPublisher)) };
        if let Some(other) = found.iter().find(|other| other.statement.material != newest.statement.material) {
            let materials = [other, &newest].map(|publication| publication.statement.material.clone());
            let differ = materials[0].differences(&materials[1]);
            return Err(CosignError::Contradiction { materials: materials.into(), differ });
        }
        let publishers = keys.keys().iter().filter(|trusted| keys.role(trusted) != Some(Role::Builder));
        newest.publishers = publishers.map(|trusted| trusted.key.clone()).collect();
        Ok(newest)
    }

    /// What the publisher says.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The publisher's block.
    pub fn block(&self) -> &VerifiedBlock {
        &self.block
    }

    /// Say the same as a builder.
    ///
    /// # Errors
    /// [`CosignError::OwnKey`] and [`CosignError::Sign`]
    pub fn cosign(&self, payload: &Payload, key: &SecretKey, now: Time) -> Result<VerifiedBlock, CosignError> {
        if self.publishers.contains(key.public()) {
            return Err(CosignError::OwnKey);
        }
        let mine = Statement { timestamp: now.0, by: Some(Role::Builder), ..self.statement.clone() };
        Ok(sign(payload, key, &mine.to_bytes())?)
    }

    /// The block with which this key has said the same already, if those who know the key find it by its id or its claim.
    pub fn cosigned(&self, blocks: &[Block], payload: &Payload, key: &SecretKey) -> Option<VerifiedBlock> {
        let is_found =
            |block: &&Block| block.key_id() == key.public().id() || claimed_key(block).as_ref() == Some(key.public());
        let own = blocks.iter().filter(is_found);
        let signed = own.filter_map(|block| VerifiedBlock::verify(block, key.public(), payload).ok());
        signed.into_iter().find(|verified| {
            verified
                .statement()
                .is_ok_and(|said| said.by == Some(Role::Builder) && said.material == self.statement.material)
        })
    }
}
