// What is wider than its place can be scrolled by the keyboard too: then, and only then, it is a stop of the Tab key.

/** For `{@attach}`: watches whether an element's content overflows; `data-more` says that there is more to the right, for the shade there. */
export function scrollable(label: string): (node: HTMLElement) => () => void {
  return (node) => {
    const look = (): void => {
      if (node.scrollWidth > node.clientWidth + 1 || (node.scrollHeight > node.clientHeight + 1 && getComputedStyle(node).overflowY !== "visible")) {
        node.tabIndex = 0;
        node.setAttribute("role", "group");
        node.setAttribute("aria-label", `${label}, can be scrolled`);
      } else {
        node.removeAttribute("tabindex");
        node.removeAttribute("role");
        node.removeAttribute("aria-label");
      }
    };
    const shade = (): void => {
      // Half a pixel more or less is rounding.
      node.toggleAttribute("data-more", node.scrollLeft + node.clientWidth < node.scrollWidth - 1 && getComputedStyle(node).overflowX !== "visible");
    };
    const both = (): void => {
      look();
      shade();
    };
    node.addEventListener("scroll", shade, { passive: true });
    const sizes = new ResizeObserver(both);
    sizes.observe(node);
    for (const child of node.children) sizes.observe(child);
    return () => {
      node.removeEventListener("scroll", shade);
      sizes.disconnect();
    };
  };
}
