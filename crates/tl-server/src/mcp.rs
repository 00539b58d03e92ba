//! What agents ask before and after they change something, over the Model Context Protocol.
//!
//! In: calls of tools, at `/mcp` and over stdio. Out: answers as structured content. Start at [`Tools`]. Each
//! answer is a file in `mcp/`. **Invariants:** every tool only reads; what it answers, a page and the API
//! answer too; people are not named; texts that others wrote (titles, names of tests) are data in fields,
//! never instructions in prose.

mod incident;
mod package;
mod paths;
mod tests_of;
mod waits;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServerHandler, ServiceExt as _, tool, tool_handler, tool_router};

use crate::app::App;
use crate::board::Snapshot;
use crate::question::Question;

/// The tools of a server.
#[derive(Clone)]
pub struct Tools {
    app: App,
}

#[tool_router]
impl Tools {
    /// Where changes wait on their way to production, stage by stage, and which wait to shorten first.
    #[tool(annotations(
        title = "Where work waits",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn where_work_waits(
        &self,
        Parameters(asked): Parameters<waits::Asked>,
    ) -> Result<Json<waits::Waits>, ErrorData> {
        let question = asked.question()?;
        Ok(Json(waits::waits(&*self.measured(&question).await?)))
    }

    /// How risky it is to change these paths: how often they changed and how often that failed, and which
    /// team owns them. Ask before a change.
    #[tool(annotations(
        title = "Risk and owners of paths",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn risk_of_paths(
        &self,
        Parameters(asked): Parameters<paths::Asked>,
    ) -> Result<Json<paths::Risks>, ErrorData> {
        let question = Question::of_days(365);
        Ok(Json(paths::risks(&*self.measured(&question).await?, &asked)?))
    }

    /// Whether a package is one that many people use, or only looks like one. Ask before a dependency is
    /// added. No registry is asked.
    #[tool(annotations(
        title = "Is this package real",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn is_package_real(
        &self,
        Parameters(asked): Parameters<package::Asked>,
    ) -> Result<Json<package::Package>, ErrorData> {
        Ok(Json(package::package(&asked)?))
    }

    /// What history knows of tests whose name contains a text: flaky, broken, regressed, infrastructure,
    /// new or healthy, with the evidence. Ask before a red test is believed, or blamed.
    #[tool(annotations(
        title = "Is this test flaky",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn is_test_flaky(
        &self,
        Parameters(asked): Parameters<tests_of::Asked>,
    ) -> Result<Json<tests_of::Tests>, ErrorData> {
        Ok(Json(tests_of::tests(&self.app, &asked).await?))
    }

    /// The last incidents, of a service or of all: what caused them as far as it is known, how long they
    /// took. Ask before something is deployed.
    #[tool(annotations(
        title = "Last incidents here",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn last_incidents(
        &self,
        Parameters(asked): Parameters<incident::Asked>,
    ) -> Result<Json<incident::Incidents>, ErrorData> {
        let question = Question::of_days(365);
        Ok(Json(incident::incidents(&*self.measured(&question).await?, &asked)))
    }
}

#[tool_handler(
    name = "throughline",
    instructions = "What a team's delivery knows: where work waits, which paths fail often, which \
                    tests are flaky, what the last incidents were. Every tool only reads."
)]
impl ServerHandler for Tools {}

impl Tools {
    /// The tools of a server.
    pub const fn new(app: App) -> Self {
        Self { app }
    }

    async fn measured(&self, question: &Question) -> Result<Arc<Snapshot>, ErrorData> {
        let answer = self.app.board.ask(question).await;
        answer.map_err(|why| ErrorData::internal_error(why.to_string(), None))
    }

    /// The service behind `/mcp`: each call stands alone, and nothing is kept between two.
    pub(crate) fn service(app: &App) -> StreamableHttpService<Self, LocalSessionManager> {
        let tools = Self::new(app.clone());
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            // The door has looked at the name already, and knows which are ours.
            .disable_allowed_hosts();
        StreamableHttpService::new(move || Ok(tools.clone()), Arc::default(), config)
    }

    /// Answers over standard input and output until the input ends.
    ///
    /// # Errors
    /// The peer does not speak the protocol, or the connection broke.
    pub async fn over_stdio(self) -> std::io::Result<()> {
        let running = self.serve(rmcp::transport::stdio()).await.map_err(std::io::Error::other)?;
        running.waiting().await.map_err(std::io::Error::other)?;
        Ok(())
    }
}

/// A question that cannot be answered as it is put.
fn wrong(what: impl Into<String>) -> ErrorData {
    ErrorData::invalid_params(what.into(), None)
}
