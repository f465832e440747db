import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  // No style is put into the page by script: the server's content security policy allows files alone.
  compilerOptions: { runes: true, css: "external" },
};
