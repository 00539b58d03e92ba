//! The one module that knows the Cedar library: conditions, policies, reading and checking text,
//! deciding.
//!
//! Start at [`ask`]. Policies of the TOML are built, not written and read back: that saves a millisecond of the
//! hook's eight, and nothing has to be escaped (`docs/design/0013-cedar.md`). **Invariant:** what
//! the evaluation cannot decide is an error of [`ask`], never "no".

pub(crate) mod permission;

use std::collections::HashSet;
use std::sync::Arc;

use cedar_policy_core::FromNormalizedStr as _;
use cedar_policy_core::ast;
use cedar_policy_core::ast::{
    ActionConstraint, Annotation, Annotations, AnyId, Context, Effect, Eid, Entity, EntityType,
    EntityUID, EntityUIDEntry, Expr, PartialValue, Pattern, PatternElem, PolicyID,
    PrincipalConstraint, ResourceConstraint, StaticPolicy, Template, UnreservedId, Value, Var,
};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::parser;
use cedar_policy_core::validator::{ValidationMode, Validator, ValidatorSchema};
use miette::Diagnostic;

use crate::error::{PolicyError, line_of};

/// The types of what is asked, in Cedar's own schema language.
pub const SCHEMA: &str = include_str!("guard.cedarschema");

/// A condition on a request.
pub(crate) type Cond = Expr;

/// An attribute of the resource.
pub(crate) fn attribute(name: &str) -> Cond {
    Expr::get_attr(Expr::var(Var::Resource), name.into())
}

/// A fact of the context.
pub(crate) fn fact(name: &str) -> Cond {
    Expr::get_attr(Expr::var(Var::Context), name.into())
}

/// Equality with a text.
pub(crate) fn equals(what: Cond, text: &str) -> Cond {
    Expr::is_eq(what, Expr::val(text))
}

/// `*` stands for any characters.
pub(crate) fn like(what: Cond, pattern: &str) -> Cond {
    let elements = pattern.chars().map(|c| match c {
        '*' => PatternElem::Wildcard,
        other => PatternElem::Char(other),
    });
    Expr::like(what, Pattern::from(elements.collect::<Vec<_>>()))
}

/// All of them; true of none.
pub(crate) fn all(conditions: impl IntoIterator<Item = Cond>) -> Cond {
    balanced(conditions.into_iter().collect(), Expr::and).unwrap_or_else(|| Expr::val(true))
}

/// One of them; false of none.
pub(crate) fn any(conditions: impl IntoIterator<Item = Cond>) -> Cond {
    balanced(conditions.into_iter().collect(), Expr::or).unwrap_or_else(|| Expr::val(false))
}

/// As flat a tree as can be: evaluation descends one call for each level.
fn balanced(mut conditions: Vec<Cond>, join: fn(Cond, Cond) -> Cond) -> Option<Cond> {
    while conditions.len() > 1 {
        let mut rest = conditions.into_iter();
        conditions = Vec::with_capacity(rest.len().div_ceil(2));
        while let Some(first) = rest.next() {
            conditions.push(match rest.next() {
                Some(second) => join(first, second),
                None => first,
            });
        }
    }
    conditions.pop()
}

/// The opposite.
pub(crate) fn not(condition: Cond) -> Cond {
    Expr::not(condition)
}

/// From the first to the last day.
pub(crate) fn between_days(first: i64, last: i64) -> Cond {
    all([
        Expr::lesseq(Expr::val(first), fact("today")),
        Expr::lesseq(fact("today"), Expr::val(last)),
    ])
}

/// One policy that forbids.
#[derive(Debug, Clone)]
pub(crate) struct Policy(ast::Policy);

impl Policy {
    /// Forbids an action, to those who have a role (or all), when a condition holds.
    pub(crate) fn forbid(action: &str, role: Option<&str>, when: Option<Cond>) -> Self {
        let principal = role.map_or_else(PrincipalConstraint::any, |role| {
            PrincipalConstraint::is_in(Arc::new(uid("Role", role)))
        });
        let action = ActionConstraint::is_eq(uid("Action", action));
        Self::of(Annotations::new(), principal, action, ResourceConstraint::any(), when)
    }

    fn of(
        annotations: Annotations,
        principal: PrincipalConstraint,
        action: ActionConstraint,
        resource: ResourceConstraint,
        when: Option<Cond>,
    ) -> Self {
        let policy = StaticPolicy::new(
            PolicyID::from_string("policy"),
            None,
            annotations,
            Effect::Forbid,
            principal,
            action,
            resource,
            when,
        );
        let policy = policy.expect("a policy without slots");
        Self(Template::link_static_policy(policy).1)
    }

    /// In Cedar's language, with these annotations in place of its own.
    pub(crate) fn shown(&self, annotations: [(&str, &str); 3]) -> String {
        let annotations = annotations.into_iter().map(|(key, text)| {
            (any_id(key), Annotation::with_optional_value(Some(text.into()), None))
        });
        let annotated = Self::of(
            annotations.collect(),
            self.0.principal_constraint(),
            self.0.action_constraint().clone(),
            self.0.resource_constraint(),
            self.0.non_scope_constraints().cloned(),
        );
        annotated.0.to_string()
    }

    /// Whether the other does the same, wherever it stands.
    #[cfg(test)]
    pub(crate) fn same(&self, other: &Self) -> bool {
        let parts = |policy: &ast::Policy| {
            (
                policy.effect(),
                policy.principal_constraint(),
                policy.action_constraint().clone(),
                policy.non_scope_constraints().cloned(),
            )
        };
        parts(&self.0) == parts(&other.0)
    }
}

/// A policy that somebody wrote in Cedar.
#[derive(Debug)]
pub(crate) struct Written {
    /// The policy.
    pub(crate) policy: Policy,
    /// `@id`, or which of the file it is.
    pub(crate) id: String,
    /// `@effect`, as it stands.
    pub(crate) effect: Option<String>,
    /// `@text`
    pub(crate) text: Option<String>,
    /// From 1.
    pub(crate) line: u32,
}

/// What a file of Cedar says.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// What forbids, in the order of the file.
    pub(crate) forbids: Vec<Written>,
    /// Lines and what is odd about them.
    pub(crate) warnings: Vec<(u32, String)>,
}

/// Reads a file of Cedar, and checks it strictly against [`SCHEMA`].
pub(crate) fn read(text: &str) -> Result<Read, PolicyError> {
    let set = parser::parse_policyset(text).map_err(|err| described(text, err.first()))?;
    let (schema, _) = ValidatorSchema::from_cedarschema_str(SCHEMA, Extensions::all_available())
        .map_err(|err| PolicyError::new(format!("the schema of this program: {err}")))?;
    let checked = Validator::new(schema).validate(&set, ValidationMode::Strict);
    if let Some(err) = checked.validation_errors().next() {
        return Err(described(text, err));
    }
    let mut read = Read::default();
    for warning in checked.validation_warnings() {
        read.warnings.push((start(warning).map_or(0, |at| line_of(text, at)), warning.to_string()));
    }
    if let Some(template) = set.templates().next() {
        let at = template.loc().map_or(0, parser::Loc::start);
        return Err(PolicyError::new("a template cannot be used here").at(text, at));
    }
    let mut policies: Vec<_> = set.into_policies().collect();
    let at = |policy: &ast::Policy| policy.loc().map_or(0, parser::Loc::start);
    policies.sort_by_key(at);
    for policy in policies {
        let line = line_of(text, at(&policy));
        if policy.effect() == Effect::Permit {
            let what = "a `permit` has no effect: what no policy forbids is left to the client";
            read.warnings.push((line, what.to_owned()));
            continue;
        }
        let said = |key| Some(policy.annotation(&any_id(key))?.val.to_string());
        read.forbids.push(Written {
            id: said("id").unwrap_or_else(|| policy.id().to_string()),
            effect: said("effect"),
            text: said("text"),
            line,
            policy: Policy(policy),
        });
    }
    Ok(read)
}

/// What is wrong, where, and what Cedar advises.
fn described(text: &str, err: &(impl Diagnostic + ?Sized)) -> PolicyError {
    let help = err.help().map(|help| format!(" ({help})")).unwrap_or_default();
    let error = PolicyError::new(format!("{err}{help}"));
    match start(err) {
        Some(at) => error.at(text, at),
        None => error,
    }
}

fn start(err: &(impl Diagnostic + ?Sized)) -> Option<usize> {
    err.labels()?.map(|label| label.offset()).next()
}

/// The resource of a request: its type, its name, and what is known of it.
pub(crate) struct Resource {
    pub(crate) of: &'static str,
    pub(crate) name: String,
    pub(crate) attributes: Vec<(&'static str, Known)>,
}

/// A value of an attribute or a fact.
pub(crate) enum Known {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
    Number(i64),
}

impl From<Known> for Value {
    fn from(known: Known) -> Self {
        match known {
            Known::Text(text) => text.as_str().into(),
            Known::Texts(texts) => Self::set(texts.iter().map(|text| text.as_str().into()), None),
            Known::Flag(flag) => flag.into(),
            Known::Number(number) => number.into(),
        }
    }
}

/// Who wants to do what to what.
pub(crate) struct Question {
    pub(crate) agent: String,
    pub(crate) client: String,
    pub(crate) roles: Vec<String>,
    pub(crate) action: &'static str,
    /// `None`: the agent itself.
    pub(crate) resource: Option<Resource>,
    pub(crate) facts: Vec<(&'static str, Known)>,
}

/// Asks policies, in their order. Each answer: whether it objects, or why it could not be
/// evaluated. `extensions`: whether a policy may use functions such as `ip`; to make them known
/// takes half a millisecond.
pub(crate) fn ask<'a>(
    question: Question,
    extensions: bool,
    policies: impl Iterator<Item = &'a Policy>,
) -> Result<Vec<Result<bool, String>>, String> {
    let agent = uid("Agent", &question.agent);
    let roles: HashSet<_> = question.roles.iter().map(|role| uid("Role", role)).collect();
    let mut entities: Vec<Entity> = roles.iter().cloned().map(Entity::with_uid).collect();
    entities.push(entity(
        agent.clone(),
        vec![("name", Known::Text(question.agent)), ("client", Known::Text(question.client))],
        roles,
    ));
    let resource = match question.resource {
        None => agent.clone(),
        Some(resource) => {
            let name = uid(resource.of, &resource.name);
            entities.push(entity(name.clone(), resource.attributes, HashSet::new()));
            name
        }
    };
    // Parents are all there is: roles are in nothing.
    let entities = Entities::from_entities(
        entities,
        None::<&NoEntitiesSchema>,
        TCComputation::AssumeAlreadyComputed,
        Extensions::none(),
    );
    let entities = entities.map_err(|err| err.to_string())?;
    let facts = question.facts.into_iter().map(|(key, known)| (key.into(), known.into()));
    let request = ast::Request::new_unchecked(
        EntityUIDEntry::known(agent, None),
        EntityUIDEntry::known(uid("Action", question.action), None),
        EntityUIDEntry::known(resource, None),
        Some(Context::Value(Arc::new(facts.collect()))),
    );
    let extensions = if extensions { Extensions::all_available() } else { Extensions::none() };
    let evaluator = Evaluator::new(request, &entities, extensions);
    Ok(policies
        .map(|policy| evaluator.evaluate(&policy.0).map_err(|err| err.to_string()))
        .collect())
}

fn entity(
    name: EntityUID,
    attributes: Vec<(&'static str, Known)>,
    parents: HashSet<EntityUID>,
) -> Entity {
    let attributes =
        attributes.into_iter().map(|(key, known)| (key.into(), PartialValue::Value(known.into())));
    Entity::new_with_attr_partial_value(name, attributes, HashSet::new(), parents, [])
}

fn any_id(key: &str) -> AnyId {
    AnyId::from_normalized_str(key).expect("an identifier of this program")
}

fn uid(of: &str, name: &str) -> EntityUID {
    // The pattern that identifiers are checked with is made for annotations anyway; that of names is another.
    let of = UnreservedId::from_normalized_str(of).expect("a type of this program");
    let of = EntityType::from(ast::Name::unqualified_name(of));
    EntityUID::from_components(of, Eid::new(name), None)
}
