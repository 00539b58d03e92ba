//! All other clients.

use super::PlaceKind::{Agents, Commands, HookFile, Plugins, Rules, Servers, Settings, Skills};
use super::{LINUX, MCP, NO, Place, WINDOWS, row};
use crate::host::Os;
use crate::inventory::Client::{
    AmazonQ, Amp, Augment, Continue, Crush, DockerMcp, Goose, Junie, Kiro, Openclaw, Opencode, Pi,
    Qwen, Tabnine, Trae, Warp,
};
use crate::inventory::Scope::{Managed, Project, User};
use crate::inventory::shape::Shape;

const KIRO: &[Shape] = &[Shape::Map("mcpServers"), Shape::Map("powers/mcpServers")];
const COMMAND_LIST: &[Shape] = &[Shape::Map("mcp")];
const AMP: &[Shape] = &[Shape::Map("amp.mcpServers")];
const AUGMENT: &[Shape] = &[Shape::Map("mcpServers"), Shape::List("mcpServers")];
const CONTINUE: &[Shape] = &[Shape::List("mcpServers"), Shape::Map("mcpServers")];
const GOOSE: &[Shape] = &[Shape::Map("extensions")];
const RECIPE: &[Shape] = &[Shape::List("extensions")];
const DOCKER: &[Shape] = &[Shape::Catalogue("registry")];
const PLAIN: &[Shape] = &[Shape::Map("mcpServers"), Shape::Flat];

pub(super) const PLACES: &[Place] = &[
    row(Continue, User, Settings, "~/.continue/config.json", AUGMENT).unsure(),
    row(Continue, User, Servers, "~/.continue/mcpServers/*.json", PLAIN),
    row(Continue, Project, Servers, ".continue/mcpServers/*.json", PLAIN),
    row(Continue, User, Settings, "~/.continue/config.yaml", CONTINUE),
    row(Continue, User, Servers, "~/.continue/mcpServers/*.yaml", CONTINUE),
    row(Continue, User, Servers, "~/.continue/mcpServers/*.yml", CONTINUE),
    row(Continue, Project, Servers, ".continue/mcpServers/*.yaml", CONTINUE),
    row(Continue, Project, Servers, ".continue/mcpServers/*.yml", CONTINUE),
    row(Continue, Project, Rules, ".continue/rules/*.md", NO),
    row(Continue, User, Rules, "~/.continue/rules/*.md", NO),
    row(AmazonQ, User, Servers, "~/.aws/amazonq/mcp.json", MCP),
    row(AmazonQ, User, Settings, "~/.aws/amazonq/agents/*.json", MCP),
    row(AmazonQ, User, Settings, "~/.aws/amazonq/cli-agents/*.json", MCP),
    row(AmazonQ, Project, Servers, ".amazonq/mcp.json", MCP),
    row(AmazonQ, Project, Settings, ".amazonq/agents/*.json", MCP),
    row(AmazonQ, Project, Settings, ".amazonq/cli-agents/*.json", MCP),
    row(AmazonQ, Project, Rules, ".amazonq/rules/**/*.md", NO),
    row(Kiro, User, Servers, "~/.kiro/settings/mcp.json", KIRO),
    row(Kiro, Project, Servers, ".kiro/settings/mcp.json", KIRO),
    row(Kiro, Project, Settings, ".kiro/agents/*.json", MCP),
    row(Kiro, User, Settings, "~/.kiro/agents/*.json", MCP),
    row(Kiro, Project, Rules, ".kiro/steering/*.md", NO),
    row(Kiro, User, Rules, "~/.kiro/steering/*.md", NO).unsure(),
    row(Kiro, Project, Skills, ".kiro/skills/**/SKILL.md", NO),
    row(Junie, User, Servers, "~/.junie/mcp/mcp.json", MCP),
    row(Junie, Project, Servers, ".junie/mcp/mcp.json", MCP),
    row(Junie, Project, Rules, ".junie/AGENTS.md", NO),
    row(Junie, Project, Rules, ".junie/guidelines.md", NO),
    row(Goose, User, Settings, "~/.config/goose/config.yaml", GOOSE).on(&[Os::Linux, Os::MacOs]),
    row(Goose, User, Settings, "$APPDATA{~/AppData/Roaming}/Block/goose/config/config.yaml", GOOSE)
        .on(WINDOWS),
    row(Goose, Project, Servers, ".goose/recipes/*.yaml", RECIPE),
    row(Goose, User, Servers, "~/.config/goose/recipes/*.yaml", RECIPE).on(&[Os::Linux, Os::MacOs]),
    row(Goose, Project, Rules, ".goosehints", NO),
    row(Goose, User, Rules, "<cfg>/goose/.goosehints", NO),
    row(Opencode, User, Settings, "<cfg>/opencode/opencode.json", COMMAND_LIST),
    row(Opencode, User, Settings, "<cfg>/opencode/opencode.jsonc", COMMAND_LIST),
    row(Opencode, User, Settings, "~/.opencode/opencode.json", COMMAND_LIST),
    row(Opencode, User, Settings, "~/.opencode/opencode.jsonc", COMMAND_LIST),
    row(Opencode, Project, Settings, "opencode.json", COMMAND_LIST),
    row(Opencode, Project, Settings, "opencode.jsonc", COMMAND_LIST),
    row(Opencode, Managed, Settings, "/etc/opencode/opencode.json", COMMAND_LIST).on(LINUX),
    row(Opencode, Managed, Settings, "/etc/opencode/opencode.jsonc", COMMAND_LIST).on(LINUX),
    row(Opencode, User, Rules, "<cfg>/opencode/AGENTS.md", NO),
    row(Opencode, Project, Skills, ".opencode/skill*/**/SKILL.md", NO),
    row(Opencode, User, Skills, "<cfg>/opencode/skill*/**/SKILL.md", NO),
    row(Opencode, Project, Agents, ".opencode/agent*/**/*.md", NO),
    row(Opencode, Project, Commands, ".opencode/command*/**/*.md", NO),
    row(Opencode, User, Agents, "<cfg>/opencode/agent*/**/*.md", NO),
    row(Opencode, User, Commands, "<cfg>/opencode/command*/**/*.md", NO),
    row(Opencode, Project, HookFile, ".opencode/plugin*/*.ts", NO),
    row(Opencode, Project, HookFile, ".opencode/plugin*/*.js", NO),
    row(Opencode, User, HookFile, "<cfg>/opencode/plugin*/*.ts", NO),
    row(Opencode, User, HookFile, "<cfg>/opencode/plugin*/*.js", NO),
    row(Amp, User, Settings, "<cfg>/amp/settings.json", AMP),
    row(Amp, Project, Settings, ".amp/settings.json", AMP),
    row(Amp, Project, Rules, "AGENT.md", NO),
    row(Amp, User, Rules, "~/.config/AGENTS.md", NO),
    row(Amp, User, Skills, "<cfg>/amp/skills/**/SKILL.md", NO),
    row(Warp, User, Servers, "~/.warp/.mcp.json", PLAIN),
    row(Warp, Project, Servers, ".warp/.mcp.json", PLAIN),
    row(Warp, Project, Rules, "WARP.md", NO),
    row(Augment, User, Settings, "~/.augment/settings.json", AUGMENT),
    row(Augment, Managed, Settings, "/etc/augment/settings.json", AUGMENT).on(LINUX),
    row(Augment, Project, Rules, ".augment/rules/**/*.md", NO),
    row(Augment, Project, Rules, ".augment-guidelines", NO),
    row(Augment, Project, Skills, ".augment/skills/**/SKILL.md", NO),
    row(Augment, Project, Commands, ".augment/commands/*.md", NO),
    row(Crush, Project, Settings, "crush.json", COMMAND_LIST),
    row(Crush, Project, Settings, ".crush.json", COMMAND_LIST),
    row(Crush, User, Settings, "<cfg>/crush/crush.json", COMMAND_LIST),
    row(Qwen, Project, Settings, ".qwen/settings.json", MCP),
    row(Qwen, User, Settings, "~/.qwen/settings.json", MCP),
    row(Qwen, Project, Rules, "QWEN.md", NO),
    row(Trae, Project, Servers, ".trae/mcp.json", MCP),
    row(Trae, Project, Rules, ".trae/rules/*.md", NO),
    row(
        Openclaw,
        User,
        Settings,
        "~/.openclaw/openclaw.json",
        &[Shape::Map("mcp/servers"), Shape::Map("mcpServers")],
    ),
    row(Openclaw, User, Skills, "~/.openclaw/skills/**/SKILL.md", NO).unsure(),
    row(Pi, Project, Servers, ".pi/mcp.json", MCP),
    row(Pi, User, Servers, "~/.pi/mcp.json", MCP),
    row(Tabnine, Project, Settings, ".tabnine/agent/settings.json", MCP),
    row(Tabnine, User, Settings, "~/.tabnine/agent/settings.json", MCP),
    row(DockerMcp, User, Servers, "~/.docker/mcp/registry.yaml", DOCKER).unsure(),
    row(Openclaw, Project, Plugins, "openclaw.plugin.json", MCP).unsure(),
];
