// Where the page is: its path and query are those of the address, so that every view can be linked to and Back works.

interface Kept {
  key: number;
}

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  query = $derived(new URLSearchParams(this.search));

  #key = 0;
  #scrolled = new Map<number, number>();

  constructor() {
    history.scrollRestoration = "manual";
    this.#key = (history.state as Kept | null)?.key ?? 0;
    history.replaceState({ key: this.#key } satisfies Kept, "");
    addEventListener("popstate", (event) => {
      this.#remember();
      this.#key = (event.state as Kept | null)?.key ?? 0;
      this.#read();
      this.#scrollTo(this.#scrolled.get(this.#key) ?? 0);
    });
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** Goes to an address of the page. */
  go(href: string, how: { replace?: boolean; keepScroll?: boolean } = {}): void {
    const target = new URL(href, location.href);
    if (target.pathname === location.pathname && target.search === location.search) return;
    const isSamePage = target.pathname === location.pathname;
    this.#remember();
    if (how.replace === true) {
      history.replaceState({ key: this.#key } satisfies Kept, "", target);
    } else {
      this.#key = Date.now() + Math.random();
      history.pushState({ key: this.#key } satisfies Kept, "", target);
    }
    this.#read();
    if (!isSamePage && how.keepScroll !== true) this.#scrollTo(0);
  }

  /** The address of this page with some parameters changed; null takes one away. */
  href(changes: Record<string, string | null>, path = this.path): string {
    const query = new URLSearchParams(this.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    return text === "" ? path : `${path}?${text}`;
  }

  /** Changes parameters of this page's address. */
  set(changes: Record<string, string | null>, how: { replace?: boolean } = {}): void {
    this.go(this.href(changes), { ...how, keepScroll: true });
  }

  /** The address of another page that keeps what is chosen for all pages: period and sensor. */
  to(path: string, query: Record<string, string | number | null | undefined> = {}): string {
    const kept = new URLSearchParams();
    for (const name of ["period", "from", "to", "sensor"]) {
      const value = this.query.get(name);
      if (value !== null) kept.set(name, value);
    }
    for (const [name, value] of Object.entries(query)) {
      if (value === null || value === undefined || value === "") kept.delete(name);
      else kept.set(name, String(value));
    }
    const text = kept.toString();
    return text === "" ? path : `${path}?${text}`;
  }

  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }

  #remember(): void {
    this.#scrolled.set(this.#key, scrollY);
  }

  /** Scrolls as soon as the page is long enough: what it shows may still be on its way. */
  #scrollTo(top: number, tries = 30): void {
    requestAnimationFrame(() => {
      scrollTo(0, top);
      if (tries > 0 && Math.abs(scrollY - top) > 2) setTimeout(() => this.#scrollTo(top, tries - 1), 30);
    });
  }

  /** A plain click on a link within the page changes the address without loading the page again. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.pathname.startsWith("/metrics") || (link.hash !== "" && link.pathname === location.pathname)) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
