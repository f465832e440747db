import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2022",
    // Everything is a file of its own: the content security policy knows no inline script or style.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
  },
  server: {
    // `npm run dev` shows the page with the data of an `oddflow serve` beside it.
    proxy: { "/api": process.env["ODDFLOW_SERVER"] ?? "http://127.0.0.1:8088" },
  },
});
