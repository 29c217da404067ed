/** What the kernel gives a notebook as `Deno.jupyter`, for a lab that runs without it: shows things as text. */
const jupyter = {
  html: tag("text/html"),
  md: tag("text/markdown"),
  svg: tag("image/svg+xml"),
  display: async (shown: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const [type, content] of Object.entries(shown)) {
      const text = String(content);
      const hole = /\b(?:undefined|NaN|\[object Object\])/.exec(text);
      if (hole) throw new Error(`Expected to show values, got ${hole[0]} in ${text}`);
      console.log(
        type === "text/html" ? textOf(text) : type === "image/svg+xml" ? "(a plot)" : text,
      );
    }
  },
};

// Deno refuses to replace it in place.
Object.defineProperty(globalThis, "Deno", {
  value: Object.create(Reflect.get(globalThis, "Deno"), { jupyter: { value: jupyter } }),
});

function tag(type: string) {
  return (strings: TemplateStringsArray, ...values: readonly unknown[]) => ({
    [type]: String.raw({ raw: strings }, ...values),
  });
}

function textOf(html: string): string {
  return html
    .replaceAll(/<\/tr>/g, "\n")
    .replaceAll(/<\/t[dh]>/g, "\t")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}
