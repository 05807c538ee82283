/** The one style sheet of the sign-in pages; it stands in each page, and the policy names it by its hash. */
import { createHash } from 'node:crypto';

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f4f5f7; --card: #ffffff; --ink: #1c2430; --soft: #5a6575; --line: #d5dae1; --field: #ffffff;
  --accent: #2456c5; --accent-ink: #ffffff; --accent-deep: #1b4299; --wrong: #a3182b; --wrong-paper: #fdeef0;
  --code: #eef1f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10141a; --card: #181e27; --ink: #e6eaf0; --soft: #9aa6b6; --line: #36404e; --field: #10151c;
    --accent: #86aaff; --accent-ink: #0b1220; --accent-deep: #a9c3ff; --wrong: #ff9aa6; --wrong-paper: #331a20;
    --code: #10151c;
  }
}
* { box-sizing: border-box; }
html { font-size: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center;
  padding: 2rem 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main {
  width: 100%; max-width: 25rem; padding: 2.25rem 2.25rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 0.75rem;
}
.brand { display: flex; align-items: center; gap: 0.6rem; margin: 0 0 1.75rem; font-weight: 600; color: var(--soft); }
.brand svg { width: 1.6rem; height: 1.6rem; color: var(--accent); }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); }
.small { font-size: 0.875rem; }
label { display: block; margin: 1.1rem 0 0.35rem; font-weight: 550; font-size: 0.9375rem; }
input {
  width: 100%; padding: 0.65rem 0.75rem; font: inherit; color: inherit; background: var(--field);
  border: 1px solid var(--line); border-radius: 0.45rem;
}
input.code { font: 600 1.35rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: 0.12em; text-align: center; text-transform: uppercase; }
button {
  width: 100%; margin-top: 1.5rem; padding: 0.7rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--accent-ink); background: var(--accent); border: 1px solid var(--accent); border-radius: 0.45rem;
}
button:hover { background: var(--accent-deep); border-color: var(--accent-deep); }
button.plain { margin-top: 0.75rem; color: var(--ink); background: transparent; border-color: var(--line); }
button.plain:hover { border-color: var(--soft); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.wrong { margin: 1rem 0 0; padding: 0.7rem 0.85rem; color: var(--wrong); background: var(--wrong-paper); border-radius: 0.45rem; }
.shown {
  margin: 1.25rem 0; padding: 1rem; text-align: center; background: var(--code); border-radius: 0.45rem;
  font: 600 1.75rem/1.3 ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: 0.12em;
}
dl { margin: 0 0 1rem; display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 1rem; font-size: 0.9375rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 1.25rem; font-size: 0.8125rem; color: var(--soft); text-align: center; }
@media (max-width: 26rem) { main { padding: 1.5rem 1.25rem; } }
`;

export const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
