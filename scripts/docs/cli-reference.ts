import type { Command } from 'commander';
import { daemonCommand } from '../../lib/cli/commands/daemon.js';
import { createProgram } from '../../lib/cli/program.js';

/** The help of a command as the terminal shows it, at a fixed width and without the environment's values. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 110,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

/** The page of the command line, made from the commands themselves. */
export async function cliReference(): Promise<string> {
  const program = await createProgram();
  const sections = program.commands.map(
    (command) => `## vayu ${command.name()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  return [
    '# Command line\n',
    'Made from the commands by `npm run docs`; do not edit.\n',
    '`vayu-cli` is another name of `vayu`. `vayu-engine` is another name of `vayu daemon`.\n',
    `\`\`\`text\n${helpOf(program)}\n\`\`\`\n`,
    ...sections,
    `## vayu-engine\n\n\`\`\`text\n${helpOf(daemonCommand('vayu-engine')).split('\n')[0] ?? ''}\n\`\`\`\n\nTakes the options of \`vayu daemon\`.\n`,
  ].join('\n');
}
