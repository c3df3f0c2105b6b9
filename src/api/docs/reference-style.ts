/** The style of the reference page: one column of text beside its contents, light or dark as the reader's system is. */
export const REFERENCE_STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --back: #fff; --soft: #f6f8fa; --accent: #0b57d0; --get: #1a7f37; --post: #0b57d0; --put: #8250df; --delete: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --back: #0d1117; --soft: #151b23; --accent: #79b8ff; --get: #3fb950; --post: #79b8ff; --put: #d2a8ff; --delete: #f85149; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); background: var(--back); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem; border-right: 1px solid var(--line); background: var(--soft); font-size: .875rem; }
nav h2 { margin: 1.25rem 0 .25rem; font-size: .75rem; letter-spacing: .06em; text-transform: uppercase; color: var(--dim); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none; }
nav a:hover { color: var(--accent); }
main { max-width: 56rem; padding: 2rem 2.5rem 6rem; }
h1 { margin: 0 0 .5rem; font-size: 2rem; }
h2 { margin: 3rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.5rem; }
h3 { margin: 2.5rem 0 .5rem; font-size: 1.125rem; }
h4 { margin: 1.25rem 0 .25rem; font-size: .875rem; color: var(--dim); }
p { margin: .25rem 0; }
a { color: var(--accent); }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: .5rem 0; padding: .75rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); }
.route { display: flex; gap: .75rem; align-items: baseline; overflow-wrap: anywhere; }
.method { font: 600 .75rem/1 ui-monospace, monospace; text-transform: uppercase; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .delete { color: var(--delete); }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .45rem .5rem .45rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
th { width: 13rem; font-weight: normal; overflow-wrap: anywhere; }
td table { margin-top: .4rem; font-size: .875rem; }
.note { display: block; font-size: .75rem; color: var(--dim); }
.type, .dim { color: var(--dim); font-size: .875rem; }
@media (max-width: 52rem) { body { display: block; } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 1.25rem; } th { width: 9rem; } }
`;
