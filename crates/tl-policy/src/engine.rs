//! Decides: a request in, a verdict out.
//!
//! Start at [`Engine::decide`]. **Invariant:** what cannot be evaluated is asked about or denied,
//! never let through; and nothing here allows: where no policy objects, the client's own prompts
//! stand.

use tl_core::verdict::{Effect, Reason, Verdict};

use crate::cedar::{self, Known, Question, Resource};
use crate::compile::{Clause, compile};
use crate::error::PolicyError;
use crate::file::OnError;
use crate::host;
use crate::pattern;
use crate::policy::{Policy, Warning};
use crate::request::{Request, Verb};

/// Largest file of Cedar in bytes.
pub const LARGEST_CEDAR: usize = 256 << 10;

/// Most policies of all files of Cedar together.
const MOST_CEDAR: usize = 1_000;

/// Policies, ready to be asked.
#[derive(Debug)]
pub struct Engine {
    clauses: Vec<Clause>,
    /// Roles, and the agents and clients that have them without being told.
    roles: Vec<(String, Vec<String>)>,
    on_error: OnError,
    warnings: Vec<Warning>,
}

impl Engine {
    /// Compiles a policy, and reads files of Cedar (name and text of each). Errors: a file of
    /// Cedar that cannot be read, or does not fit the [schema](crate::SCHEMA).
    pub fn new(policy: &Policy, cedar: &[(String, String)]) -> Result<Self, PolicyError> {
        let (mut clauses, mut warnings) = compile(policy).map_err(PolicyError::new)?;
        let own = clauses.len();
        for (file, text) in cedar {
            written(file, text, &mut clauses, &mut warnings).map_err(|err| err.of(file))?;
            if clauses.len() - own > MOST_CEDAR {
                let text = format!("more than {MOST_CEDAR} policies are written in Cedar");
                return Err(PolicyError::new(text).of(file));
            }
        }
        let roles = policy.layers.iter().flat_map(|layered| &layered.file.role);
        let roles = roles.map(|role| (role.name.get_ref().clone(), role.agents.clone())).collect();
        Ok(Self { clauses, roles, on_error: policy.on_error(), warnings })
    }

    /// What in the files does nothing, or not what it seems to.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// All policies: the administrator's, the person's, the repository's, and those in Cedar.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Every objection to a request; the strongest decides.
    pub fn decide(&self, request: &Request) -> Verdict {
        let asked = || {
            let other = |clause: &&Clause| clause.verb.is_none_or(|verb| verb == request.verb);
            self.clauses.iter().filter(other)
        };
        let mut verdict = Verdict::default();
        // Where nothing can object, nothing is asked: a hook is a new process, and to put the first question
        // costs it half a millisecond.
        if asked().next().is_none() {
            return verdict;
        }
        let foreign = asked().any(|clause| clause.verb.is_none());
        let policies = asked().map(|clause| &clause.policy);
        let answers = match cedar::ask(self.question(request), foreign, policies) {
            Ok(answers) => answers,
            Err(why) => {
                verdict.add(self.broken(&format!("policy could not be asked: {why}")));
                return verdict;
            }
        };
        for (clause, objects) in asked().zip(answers) {
            match objects {
                Ok(false) => {}
                Ok(true) => verdict.add(Reason {
                    effect: clause.effect,
                    policy: clause.id.clone(),
                    rule: None,
                    text: clause.text.clone(),
                }),
                Err(why) => {
                    let text = format!("policy `{}` could not be evaluated: {why}", clause.id);
                    verdict.add(self.broken(&text));
                }
            }
        }
        verdict
    }

    fn broken(&self, text: &str) -> Reason {
        // "neutral" is for a policy that cannot be read at all; one that is there has to count.
        let effect = self.on_error.effect().max(Effect::Ask);
        Reason { effect, policy: "internal".to_owned(), rule: None, text: text.to_owned() }
    }

    fn question(&self, request: &Request) -> Question {
        let has = |(role, agents): &&(String, Vec<String>)| {
            *role == request.role
                || agents.iter().any(|agent| *agent == request.agent || *agent == request.client)
        };
        Question {
            agent: request.agent.clone(),
            client: request.client.clone(),
            roles: self.roles.iter().filter(has).map(|(role, _)| role.clone()).collect(),
            action: request.verb.word(),
            resource: resource(request),
            facts: vec![
                ("tainted", Known::Flag(request.tainted)),
                ("interactive", Known::Flag(request.interactive)),
                ("marks", Known::Texts(request.marks.clone())),
                ("today", Known::Number(request.today)),
            ],
        }
    }
}

fn written(
    file: &str,
    text: &str,
    clauses: &mut Vec<Clause>,
    warnings: &mut Vec<Warning>,
) -> Result<(), PolicyError> {
    if text.len() > LARGEST_CEDAR {
        return Err(PolicyError::new(format!("larger than {LARGEST_CEDAR} bytes")));
    }
    let read = cedar::read(text)?;
    warnings.extend(read.warnings.into_iter().map(|(line, text)| Warning {
        file: file.to_owned(),
        line,
        text,
    }));
    for found in read.forbids {
        let effect = match found.effect.as_deref() {
            None | Some("deny") => Effect::Deny,
            Some("ask") => Effect::Ask,
            Some("note") => Effect::Note,
            Some(other) => {
                let mut err =
                    PolicyError::new(format!("`@effect(\"{other}\")` is not deny, ask or note"));
                err.line = Some(found.line);
                return Err(err);
            }
        };
        let said = found.text.unwrap_or_else(|| format!("policy `{}` forbids it", found.id));
        clauses.push(Clause {
            id: format!("{file}:{}", found.id),
            effect,
            text: format!("{said} ({file}, line {})", found.line),
            file: file.to_owned(),
            line: found.line,
            verb: None,
            policy: found.policy,
        });
    }
    Ok(())
}

fn resource(request: &Request) -> Option<Resource> {
    let text = request.resource.as_str();
    let known = |text: &str| Known::Text(text.to_owned());
    let (of, name, attributes) = match request.verb {
        Verb::Read | Verb::Write | Verb::ChangeSettings => {
            let of = if request.verb == Verb::ChangeSettings { "Setting" } else { "Path" };
            let last = text.rsplit('/').next().unwrap_or(text);
            let below = request.below.as_deref();
            let attributes = vec![
                ("text", known(text)),
                ("name", known(last)),
                ("below", known(below.unwrap_or_default())),
                ("inRepository", Known::Flag(below.is_some())),
            ];
            (of, text.to_owned(), attributes)
        }
        Verb::Run => {
            let words = || request.words.iter().map(String::as_str);
            let program = words().next().map(pattern::program).unwrap_or_default();
            let attributes = vec![
                ("text", known(text)),
                ("program", known(program)),
                ("arguments", Known::Texts(words().skip(1).map(str::to_owned).collect())),
                (
                    "words",
                    Known::Text(pattern::encoded([program].into_iter().chain(words().skip(1)))),
                ),
                ("typed", Known::Text(pattern::encoded(words()))),
            ];
            ("Command", text.to_owned(), attributes)
        }
        Verb::Fetch => {
            let name = host::canonical(text).unwrap_or_else(|| text.to_lowercase());
            ("Host", name.clone(), vec![("name", Known::Text(name))])
        }
        Verb::CallTool => {
            let full = format!("{}/{text}", request.server);
            let origin = host::origin(&request.origin).unwrap_or_else(|| request.origin.clone());
            let attributes = vec![
                ("text", known(&full)),
                ("name", known(text)),
                ("server", known(&request.server)),
                ("origin", Known::Text(origin)),
            ];
            ("Tool", full, attributes)
        }
        Verb::Install => {
            let (ecosystem, name) = text.split_once(':').unwrap_or(("", text));
            let attributes =
                vec![("text", known(text)), ("ecosystem", known(ecosystem)), ("name", known(name))];
            ("Package", text.to_owned(), attributes)
        }
        Verb::Prompt => return None,
    };
    Some(Resource { of, name, attributes })
}

#[cfg(test)]
mod tests;
