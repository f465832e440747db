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
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few files: what nearly every page needs at once, the charts when one is first shown, and each page by itself.
          groups: [
            { name: "common", test: /node_modules[\\/](svelte|esm-env|clsx)|src[\\/](lib|api|components)[\\/](?!chart|TrafficChart|FeatureCharts|HourOfWeek)|vite[\\/]|\\0/, priority: 3 },
            { name: "charts", test: /src[\\/]components[\\/](chart[\\/](?!echarts)|TrafficChart|FeatureCharts|HourOfWeek)/, priority: 2 },
            { name: "echarts", test: /node_modules[\\/](echarts|zrender|tslib)|chart[\\/]echarts/, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    // `npm run dev` shows the page with the data of an `oddflow serve` beside it.
    // The name that the browser asked for is passed on: a change from another origin is refused.
    proxy: { "/api": { target: process.env["ODDFLOW_SERVER"] ?? "http://127.0.0.1:8088", changeOrigin: false } },
  },
});
