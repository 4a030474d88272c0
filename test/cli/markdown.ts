/** A fenced block of a Markdown page. */
export interface CodeBlock {
  language: string;
  text: string;
  /** The line of its fence, from 1. */
  line: number;
  /** What a comment right above it says: `<!-- file: check.js -->` gives `{file: 'check.js'}`. */
  marks: Record<string, string>;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: CodeBlock | undefined;
  let marks: Record<string, string> = {};
  markdown.split('\n').forEach((text, index) => {
    const fence = /^```(\w*)/.exec(text);
    if (open !== undefined) {
      if (fence === null) open.text += `${text}\n`;
      else {
        blocks.push(open);
        open = undefined;
      }
      return;
    }
    const mark = /^<!-- (\w+): (\S+) -->$/.exec(text);
    if (mark?.[1] !== undefined) marks[mark[1]] = mark[2] ?? '';
    else if (fence !== null) {
      open = { language: fence[1] ?? '', text: '', line: index + 1, marks };
      marks = {};
    } else if (text !== '') marks = {};
  });
  return blocks;
}

/** Targets of the links of a page that are not in code. */
export function links(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].flatMap(([, target]) => target ?? []);
}

/** The anchors that the headings of a page make. */
export function anchors(markdown: string): Set<string> {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '');
  return new Set(
    [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}
