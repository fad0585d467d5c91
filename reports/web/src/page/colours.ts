// The colours that canvases paint with. The style sheet has them, for light and for dark.

const NAMES = [
  "back", "ink", "soft", "line", "faint", "message", "client", "accent", "bad", "good", "warn", "fault", "down",
] as const;
const EPOCHS = 5;

export type Colours = Record<(typeof NAMES)[number], string> & { epochs: string[]; font: string };

let known: Colours | null = null;
const listeners: (() => void)[] = [];

export function colours(): Colours {
  return (known ??= read());
}

function read(): Colours {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const named = Object.fromEntries(NAMES.map((name) => [name, value(name)]));
  const epochs = Array.from({ length: EPOCHS }, (_, i) => value(`hue-${i}`));
  return { ...named, epochs, font: getComputedStyle(document.body).fontFamily } as Colours;
}

/** Neighbouring epochs differ in colour; their numbers are written beside them. */
export function epochColour(epoch: number): string {
  const { epochs } = colours();
  return epochs[((epoch % EPOCHS) + EPOCHS) % EPOCHS]!;
}

export function onColours(listener: () => void): void {
  listeners.push(listener);
}

let isDark = false;
let isPaper = false;

/** Takes the theme that the reader's system has, also when that changes; paper is white. */
export function followTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  dark.addEventListener("change", () => setTheme(dark.matches, isPaper));
  paper.addEventListener("change", () => setTheme(isDark, paper.matches));
  setTheme(dark.matches, paper.matches);
}

export function toggleTheme(): void {
  setTheme(!isDark, isPaper);
}

function setTheme(dark: boolean, paper: boolean): void {
  [isDark, isPaper] = [dark, paper];
  document.documentElement.dataset.theme = dark && !paper ? "dark" : "light";
  known = null;
  for (const listener of listeners) listener();
}
