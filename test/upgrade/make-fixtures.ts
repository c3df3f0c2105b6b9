/** `npm run fixtures -- <commit>…`: has the engine of each commit leave its journals in `fixtures/<commit>`. See README.md. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const OWN_FILES = ["fixture.ts", "scenarios.ts", "record-fixtures.ts"];

const commits = process.argv.slice(2);
if (commits.length === 0) {
  console.error("usage: npm run fixtures -- <commit>…");
  process.exit(2);
}
for (const commit of commits) {
  const name = git("rev-parse", "--short=7", commit).trim();
  const worktree = join(mkdtempSync(join(tmpdir(), "stepflow-upgrade-")), name);
  git("worktree", "add", "--detach", worktree, commit);
  try {
    symlinkSync(join(root, "node_modules"), join(worktree, "node_modules"));
    const folder = join(root, "test/upgrade/fixtures", name);
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(worktree, "test/upgrade"), { recursive: true });
    for (const file of OWN_FILES) cpSync(join(root, "test/upgrade", file), join(worktree, "test/upgrade", file));
    console.log(`${name}:`);
    execFileSync(process.execPath, [join(worktree, "test/upgrade/record-fixtures.ts"), folder], { stdio: "inherit" });
  } finally {
    git("worktree", "remove", "--force", worktree);
    rmSync(join(worktree, ".."), { recursive: true, force: true });
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
