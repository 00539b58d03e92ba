//! Claude Desktop and Claude Code.

use super::PlaceKind::{Agents, Commands, Plugins, Rules, Servers, Settings, Skills};
use super::{LINUX, MAC, MCP, NO, Place, WINDOWS, row};
use crate::inventory::Client::{ClaudeCode, ClaudeDesktop};
use crate::inventory::Scope::{Managed, Plugin, Project, User};
use crate::inventory::shape::Shape;

const CODE_USER: &[Shape] = &[Shape::Map("mcpServers"), Shape::Projects("projects")];
const PLAIN: &[Shape] = &[Shape::Map("mcpServers"), Shape::Flat];

pub(super) const PLACES: &[Place] = &[
    row(
        ClaudeDesktop,
        User,
        Servers,
        "~/Library/Application Support/Claude/claude_desktop_config.json",
        MCP,
    )
    .on(MAC),
    row(
        ClaudeDesktop,
        User,
        Servers,
        "$APPDATA{~/AppData/Roaming}/Claude/claude_desktop_config.json",
        MCP,
    )
    .on(WINDOWS),
    row(
        ClaudeDesktop,
        User,
        Servers,
        "$XDG_CONFIG_HOME{~/.config}/Claude/claude_desktop_config.json",
        MCP,
    )
    .on(LINUX)
    .unsure(),
    row(ClaudeCode, User, Settings, "~/.claude.json", CODE_USER),
    row(ClaudeCode, Project, Servers, ".mcp.json", PLAIN),
    row(ClaudeCode, Project, Settings, ".claude/settings.json", MCP),
    row(ClaudeCode, Project, Settings, ".claude/settings.local.json", MCP),
    row(ClaudeCode, User, Settings, "$CLAUDE_CONFIG_DIR{~/.claude}/settings.json", MCP),
    row(ClaudeCode, User, Settings, "$CLAUDE_CONFIG_DIR{~/.claude}/settings.local.json", MCP),
    row(ClaudeCode, Managed, Settings, "/etc/claude-code/managed-settings.json", MCP).on(LINUX),
    row(ClaudeCode, Managed, Settings, "/etc/claude-code/managed-settings.d/*.json", MCP).on(LINUX),
    row(ClaudeCode, Managed, Servers, "/etc/claude-code/managed-mcp.json", MCP).on(LINUX),
    row(
        ClaudeCode,
        Managed,
        Settings,
        "/Library/Application Support/ClaudeCode/managed-settings.json",
        MCP,
    )
    .on(MAC),
    row(
        ClaudeCode,
        Managed,
        Settings,
        "/Library/Application Support/ClaudeCode/managed-settings.d/*.json",
        MCP,
    )
    .on(MAC),
    row(
        ClaudeCode,
        Managed,
        Servers,
        "/Library/Application Support/ClaudeCode/managed-mcp.json",
        MCP,
    )
    .on(MAC),
    row(ClaudeCode, Managed, Settings, "C:/Program Files/ClaudeCode/managed-settings.json", MCP)
        .on(WINDOWS),
    row(
        ClaudeCode,
        Managed,
        Settings,
        "C:/Program Files/ClaudeCode/managed-settings.d/*.json",
        MCP,
    )
    .on(WINDOWS),
    row(ClaudeCode, Managed, Servers, "C:/Program Files/ClaudeCode/managed-mcp.json", MCP)
        .on(WINDOWS),
    row(ClaudeCode, Project, Rules, "CLAUDE.md", NO),
    row(ClaudeCode, Project, Rules, "CLAUDE.local.md", NO),
    row(ClaudeCode, Project, Rules, ".claude/rules/**/*.md", NO),
    row(ClaudeCode, User, Rules, "$CLAUDE_CONFIG_DIR{~/.claude}/CLAUDE.md", NO),
    row(ClaudeCode, User, Rules, "$CLAUDE_CONFIG_DIR{~/.claude}/rules/**/*.md", NO),
    row(ClaudeCode, Project, Skills, ".claude/skills/**/SKILL.md", NO),
    row(ClaudeCode, User, Skills, "$CLAUDE_CONFIG_DIR{~/.claude}/skills/**/SKILL.md", NO),
    row(ClaudeCode, Project, Agents, ".claude/agents/**/*.md", NO),
    row(ClaudeCode, User, Agents, "$CLAUDE_CONFIG_DIR{~/.claude}/agents/**/*.md", NO),
    row(ClaudeCode, Project, Commands, ".claude/commands/**/*.md", NO),
    row(ClaudeCode, User, Commands, "$CLAUDE_CONFIG_DIR{~/.claude}/commands/**/*.md", NO),
    row(ClaudeCode, Project, Plugins, ".claude-plugin/plugin.json", MCP),
    row(ClaudeCode, Project, Settings, "hooks/hooks.json", NO),
    row(ClaudeCode, Plugin, Plugins, "~/.claude/plugins/cache/**/.claude-plugin/plugin.json", MCP),
    row(ClaudeCode, Plugin, Servers, "~/.claude/plugins/cache/**/.mcp.json", PLAIN),
    row(ClaudeCode, Plugin, Settings, "~/.claude/plugins/cache/**/hooks/hooks.json", NO),
    row(ClaudeCode, Plugin, Skills, "~/.claude/plugins/cache/**/skills/**/SKILL.md", NO),
    row(ClaudeCode, Plugin, Agents, "~/.claude/plugins/cache/**/agents/*.md", NO),
    row(ClaudeCode, Plugin, Commands, "~/.claude/plugins/cache/**/commands/*.md", NO),
    row(ClaudeCode, Plugin, Plugins, "~/.claude/plugins/repos/**/.claude-plugin/plugin.json", MCP),
    row(ClaudeCode, Plugin, Servers, "~/.claude/plugins/repos/**/.mcp.json", PLAIN),
    row(ClaudeCode, Plugin, Settings, "~/.claude/plugins/repos/**/hooks/hooks.json", NO),
    row(ClaudeCode, Plugin, Skills, "~/.claude/plugins/repos/**/skills/**/SKILL.md", NO),
];
