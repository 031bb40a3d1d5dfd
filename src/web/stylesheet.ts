/** Our own rules, on top of Pico's. A string, as the build copies no CSS files. */

export const stylesheet = `
:root {
  --pico-font-size: 100%;
  --pico-border-radius: 0.5rem;
  --pico-typography-spacing-vertical: 1rem;
  --pico-form-element-spacing-vertical: 0.6rem;
  --pico-form-element-spacing-horizontal: 0.8rem;
}
:root:not([data-theme=dark]) {
  --pico-background-color: #f6f5f1;
  --pico-card-background-color: #fff;
  --pico-color: #22303a;
  --pico-h1-color: #14212a;
  --pico-h2-color: #14212a;
  --pico-h3-color: #14212a;
  --pico-muted-color: #55636e;
  --pico-muted-border-color: #dedcd4;
  --pico-primary: #0f5c63;
  --pico-primary-underline: rgba(15, 92, 99, 0.45);
  --pico-primary-hover: #0a4348;
  --pico-primary-background: #0f5c63;
  --pico-primary-hover-background: #0a4348;
  --pico-primary-focus: rgba(15, 92, 99, 0.35);
  --pico-primary-inverse: #fff;
  --pico-text-selection-color: rgba(15, 92, 99, 0.2);
  --pico-form-element-background-color: #fff;
  --pico-form-element-color: #22303a;
  --pico-form-element-border-color: #7f8b93;
  --pico-form-element-active-border-color: #0f5c63;
  --pico-form-element-focus-color: #0f5c63;
  --pico-form-element-invalid-border-color: #a5281e;
  --pico-form-element-invalid-active-border-color: #a5281e;
  --pico-form-element-invalid-focus-color: rgba(165, 40, 30, 0.3);
  --pico-code-background-color: #f0eee8;
  --pico-code-color: #22303a;
  --text-color: #22303a;
  --alert-color: #8f1f16;
  --alert-background: #fcefed;
  --alert-border: #dba59f;
}
@media only screen and (prefers-color-scheme: dark) {
  :root:not([data-theme]) {
    --pico-background-color: #12181b;
    --pico-card-background-color: #1a2226;
    --pico-color: #dce4e7;
    --pico-h1-color: #f0f4f5;
    --pico-h2-color: #f0f4f5;
    --pico-h3-color: #f0f4f5;
    --pico-muted-color: #9fb0b7;
    --pico-muted-border-color: #313e44;
    --pico-primary: #84d2d4;
    --pico-primary-underline: rgba(132, 210, 212, 0.45);
    --pico-primary-hover: #aae4e5;
    --pico-primary-background: #84d2d4;
    --pico-primary-hover-background: #aae4e5;
    --pico-primary-focus: rgba(132, 210, 212, 0.4);
    --pico-primary-inverse: #07272a;
    --pico-text-selection-color: rgba(132, 210, 212, 0.25);
    --pico-form-element-background-color: #12181b;
    --pico-form-element-color: #dce4e7;
    --pico-form-element-border-color: #72838a;
    --pico-form-element-active-border-color: #84d2d4;
    --pico-form-element-focus-color: #84d2d4;
    --pico-form-element-invalid-border-color: #ff9d90;
    --pico-form-element-invalid-active-border-color: #ff9d90;
    --pico-form-element-invalid-focus-color: rgba(255, 157, 144, 0.35);
    --pico-code-background-color: #222c31;
    --pico-code-color: #dce4e7;
    --pico-icon-checkbox: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='24' height='24' viewBox='0 0 24 24' fill='none' stroke='rgb(7, 39, 42)' stroke-width='4' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpolyline points='20 6 9 17 4 12'%3E%3C/polyline%3E%3C/svg%3E");
    --text-color: #dce4e7;
    --alert-color: #ffc1b8;
    --alert-background: #3a1e1b;
    --alert-border: #7d3b33;
  }
}

/* The frame */
body { overflow-wrap: anywhere; }
body > header, body > main { padding: 0; }
.word-mark {
  display: inline-flex; align-items: center; gap: 0.5rem; margin: 0;
  font-weight: 600; letter-spacing: 0.01em; color: var(--pico-muted-color); text-decoration: none;
}
.word-mark svg { width: 1.5rem; height: 1.5rem; flex: none; }
h1 { font-size: min(1.6rem, 10vw); line-height: 1.25; margin-bottom: 0.75rem; --pico-typography-spacing-top: 0.5rem; }
h2 { font-size: 1.25rem; margin-bottom: 0.5rem; --pico-typography-spacing-top: 1.5rem; }
h3 { font-size: 1.05rem; margin-bottom: 0.5rem; }
h2 + h3 { margin-top: 0.75rem; }
.name { font-weight: 600; }
.quiet { color: var(--pico-muted-color); font-size: 0.9rem; }

.narrow { padding: 1.25rem min(1rem, 4vw) 2rem; }
.narrow > header, .narrow > main { max-width: 30rem; }
.narrow > header { margin-bottom: 1.25rem; }
.narrow > main > section {
  margin: 0; padding: 1.75rem; border: 1px solid var(--pico-muted-border-color);
  border-radius: 0.75rem; background: var(--pico-card-background-color);
}
.narrow > main > section > :last-child, .narrow form:last-child > :last-child { margin-bottom: 0; }
.narrow > main > aside { padding: 1.25rem 1.75rem 0; }
@media (min-width: 36rem) { .narrow { padding-top: 9vh; } }
@media (max-width: 30rem) {
  .narrow > main > section { padding: 1.25rem min(1.25rem, 5vw); }
  .narrow > main > aside { padding: 1.25rem 0.25rem 0; }
}

.wide { padding: 1.5rem 1.25rem 4rem; }
.wide > header, .wide > main { max-width: 54rem; }
.wide > header { margin-bottom: 2rem; }
.wide > main > section { margin: 0 0 2.5rem; }
.lead { font-size: 1.1rem; }

/* Focus shows in forced colours too, where Pico's shadows vanish. */
:is(a, button, input, summary, pre, [tabindex]):focus-visible {
  outline: 2px solid var(--pico-primary); outline-offset: 2px; box-shadow: none;
}

/* Forms */
label, legend { font-weight: 600; }
.user-code {
  font-family: var(--pico-font-family-monospace); font-size: 1.5rem; letter-spacing: 0.12em; text-align: center;
}
input.user-code { text-transform: uppercase; }
.alert {
  margin-bottom: 1.25rem; padding: 0.75rem 1rem; border: 1px solid var(--alert-border);
  border-radius: var(--pico-border-radius); background: var(--alert-background); color: var(--alert-color);
}
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0.5rem 0 1rem; }
.buttons > * { flex: 1 1 9rem; }
.buttons button { width: auto; margin: 0; }
a.button {
  display: inline-block; padding: var(--pico-form-element-spacing-vertical) 1.5rem;
  border: 1px solid var(--pico-primary-background); border-radius: var(--pico-border-radius);
  background: var(--pico-primary-background); color: var(--pico-primary-inverse);
  text-align: center; text-decoration: none;
}
a.button:hover { background: var(--pico-primary-hover-background); border-color: var(--pico-primary-hover-background); }
button.second, a.button.second {
  border-color: var(--pico-form-element-border-color); background: transparent; color: var(--text-color);
}
button.second:is(:hover, :active), a.button.second:hover {
  border-color: var(--pico-primary); background: transparent; color: var(--pico-primary-hover);
}
fieldset { margin-bottom: 1.25rem; }
legend { margin-bottom: 0.25rem; color: var(--pico-muted-color); font-size: 0.9rem; }
.scopes { margin: 0; padding: 0; list-style: none; }
.scopes > li {
  margin: 0; border-top: 1px solid var(--pico-muted-border-color); list-style: none;
}
.scopes label, .scopes .fixed {
  display: grid; grid-template-columns: 1.75rem 1fr; align-items: start; margin: 0; padding: 0.65rem 0; font-weight: 400;
}
.scopes [type=checkbox] { margin: 0.15rem 0 0; }
.scopes .tick { margin: 0.15rem 0 0; width: 1.25em; text-align: center; color: var(--pico-primary); }
.scopes + .quiet { margin-top: 1rem; }
.scopes small { display: block; color: var(--pico-muted-color); }

/* Facts and text to copy */
dl { margin: 0 0 1rem; }
dl > div { display: grid; grid-template-columns: minmax(7.5rem, 1fr) 3fr; gap: 0.25rem 1rem; padding: 0.35rem 0; }
dl > div + div { border-top: 1px solid var(--pico-muted-border-color); }
dt { color: var(--pico-muted-color); font-weight: 400; }
dd { margin: 0; }
@media (max-width: 30rem) { dl > div { grid-template-columns: 1fr; } }
code { font-size: 0.875em; }
code.copy { user-select: all; }
pre.copy {
  margin: 0 0 1rem; padding: 0.75rem 1rem; border-radius: var(--pico-border-radius);
  white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
}
pre.copy code { padding: 0; background: none; }
details { margin: 1.25rem 0 0; }
details summary { display: flex; gap: 0.5rem; align-items: baseline; line-height: 1.4; }
details summary > code { flex: none; max-width: 50%; }
details summary::after { flex: none; margin-left: auto; align-self: center; }
details summary { color: var(--pico-muted-color); }
details[open] > summary { margin-bottom: 0.75rem; }
details > :last-child { margin-bottom: 0; }
table { margin-bottom: 1rem; font-size: 0.95rem; table-layout: fixed; }
table :is(th, td) { padding: 0.4rem 0.75rem 0.4rem 0; background: none; vertical-align: top; }
thead :is(th, td) { border-bottom-width: 1px; font-weight: 600; }
caption { padding-bottom: 0.25rem; color: var(--pico-muted-color); font-size: 0.9rem; text-align: left; }

/* The catalogue of refusals */
.catalogue { padding: 0; list-style: none; }
.catalogue > li {
  display: grid; grid-template-columns: 3rem 1fr; gap: 0 0.75rem; margin: 0; padding: 0.6rem 0;
  border-top: 1px solid var(--pico-muted-border-color); list-style: none;
}
.catalogue .status { color: var(--pico-muted-color); font-variant-numeric: tabular-nums; }
.catalogue p { margin: 0; }

/* The account's lists */
.narrow > main > section + section { margin-top: 1rem; }
.narrow > main > section > h2 { --pico-typography-spacing-top: 0; }
.plain { margin: 0; padding: 0; list-style: none; }
.plain > li { margin: 0; padding: 1rem 0 0; border-top: 1px solid var(--pico-muted-border-color); list-style: none; }
.plain > li:last-child .buttons { margin-bottom: 0; }
.plain h3 small { color: var(--pico-muted-color); font-weight: 400; }
.plain p { margin: 0 0 0.25rem; }
.plain ul { margin: 0 0 0.75rem; padding-left: 1.25rem; }
.plain li li { margin: 0; list-style: disc; }
.plain form { margin-bottom: 0; }
.narrow form .buttons > button:only-child { flex: 0 1 15rem; }

/* The doctor's list of checks */
.checks { padding: 0; list-style: none; }
.checks > li {
  display: grid; grid-template-columns: 1.5rem 1fr; gap: 0 0.5rem; margin: 0; padding: 0.35rem 0;
  border-top: 1px solid var(--pico-muted-border-color); list-style: none;
}
.checks p { margin: 0; }
.checks dl { margin: 0.25rem 0 0; font-size: 0.95rem; }
.checks dl > div { padding: 0.2rem 0; border: 0; }
.checks .mark { font-weight: 600; text-align: center; color: var(--pico-muted-color); }
.checks .outcome { color: var(--pico-muted-color); font-size: 0.9rem; }
.checks .not-reached strong { font-weight: 400; color: var(--pico-muted-color); }
.checks .passed .mark { color: var(--pico-primary); }
.checks .failed :is(.mark, .outcome) { color: var(--alert-color); font-weight: 600; }
.alert > :last-child { margin-bottom: 0; }
.alert > p { color: inherit; }
form .buttons > button:only-child { flex: 0 1 12rem; }
textarea { font-family: var(--pico-font-family-monospace); font-size: 0.9rem; resize: vertical; }
dd > p.quiet { margin: 0.25rem 0 0; }
.catalogue.lab > li { grid-template-columns: 3rem 1fr auto; align-items: start; }
.catalogue.lab form, .catalogue.lab button { margin: 0; width: auto; white-space: nowrap; }
`
