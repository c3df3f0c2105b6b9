/** The style of an approval's page: one column, light or dark as the reader's system is; colours of the reference page. */
export const APPROVAL_STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --back: #fff; --soft: #f6f8fa; --accent: #0b57d0; --yes: #1a7f37; --no: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --back: #0d1117; --soft: #151b23; --accent: #79b8ff; --yes: #238636; --no: #f85149; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--soft); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 2rem 2.25rem; background: var(--back); border: 1px solid var(--line); border-radius: 10px; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere; }
.dim { color: var(--dim); font-size: .875rem; font-weight: normal; margin: 0; }
.message { margin: 1.25rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.state .message { margin: .5rem 0 0; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.state, .faults { margin: 1.5rem 0 0; padding: .75rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 6px; background: var(--soft); }
.state.approved { border-left-color: var(--yes); } .state.rejected, .faults { border-left-color: var(--no); }
form { margin-top: 1.5rem; }
.field { margin: 0 0 1.1rem; }
label, legend { display: block; font-weight: 600; }
.check label { display: inline; margin-left: .4rem; }
.note { display: block; color: var(--dim); font-size: .875rem; }
.fault { display: block; color: var(--no); font-size: .875rem; font-weight: 600; }
input, textarea, select { width: 100%; margin-top: .25rem; padding: .5rem .65rem; color: inherit; background: var(--back); border: 1px solid var(--dim); border-radius: 6px; font: inherit; }
input[type=checkbox] { width: auto; margin: 0; accent-color: var(--accent); }
textarea { min-height: 6rem; resize: vertical; }
[aria-invalid=true] { border-color: var(--no); }
:is(input, textarea, select, button):focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
fieldset { margin: 0 0 1.1rem; padding: .75rem 1rem 0; border: 1px solid var(--line); border-radius: 6px; }
.answers { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 .75rem; }
button { flex: 1 1 9rem; padding: .65rem 1rem; border: 1px solid transparent; border-radius: 6px; font: inherit; font-weight: 600; cursor: pointer; }
button.approve { background: var(--yes); color: #fff; }
button.reject { background: transparent; color: var(--no); border-color: var(--no); }
@media (max-width: 44rem) { main { margin: 0; min-height: 100vh; border: 0; border-radius: 0; padding: 1.5rem 1.25rem; } }
`;
