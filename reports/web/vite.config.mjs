import { writeFileSync } from "node:fs";
import { defineConfig } from "vite";

/** Puts the script and the styles into the page and writes it as one file that needs nothing else. */
function oneFile(name) {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const page = files.find((file) => file.fileName.endsWith(".html"));
      const script = files.filter((file) => file.type === "chunk").map((file) => file.code).join("");
      const style = files.filter((file) => file.fileName.endsWith(".css")).map((file) => file.source).join("");
      const html = String(page.source)
        .replace(/<script type="module"[^>]*><\/script>\s*/g, "")
        .replace(/<link rel="stylesheet"[^>]*>\s*/g, "")
        .replace("</head>", () => `<style>${style.trim()}</style>\n</head>`)
        .replace("</body>", () => `<script>${inScript(script.trim())}</script>\n</body>`)
        .replace(/\n\s+/g, "\n");
      for (const file of files) delete bundle[file.fileName];
      writeFileSync(new URL(name, import.meta.url), html);
    },
  };
}

/** What would end a script element, or begin a comment in one, must not stand in it as it is. */
function inScript(code) {
  return code.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
}

/** `vite build --mode run` writes `run.html`, from the room in `src` of that name. */
export default defineConfig(({ mode }) => ({
  base: "./",
  logLevel: "warn",
  build: {
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    sourcemap: false,
    emptyOutDir: false,
    rollupOptions: { input: `src/${mode}/page.html`, output: { format: "iife" } },
  },
  plugins: [oneFile(`${mode}.html`)],
}));
