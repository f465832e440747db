import "./tokens.css";
import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { PAGES } from "./lib/pages";
import { match } from "./lib/routes";

// The page's own part comes while the server is asked who we are, not after it. Where it fails it is asked for again, and told.
PAGES[match(location.pathname).page]().catch(() => undefined);

const target = document.getElementById("app");
if (target !== null) mount(App, { target });
