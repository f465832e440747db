// What is wider than its place can be scrolled by the keyboard too: then, and only then, it is a stop of the Tab key.

/** For `{@attach}`: watches whether an element's content overflows. */
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
    const sizes = new ResizeObserver(look);
    sizes.observe(node);
    for (const child of node.children) sizes.observe(child);
    return () => sizes.disconnect();
  };
}
