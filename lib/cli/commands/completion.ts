import { Argument, Command } from 'commander';
import { completionScript, shells, type Shell } from '../format/completion.js';

export function completionCommand(): Command {
  return new Command('completion')
    .description('Print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell that is to complete').choices(shells))
    .helpOption('-h, --help', 'show this help')
    .addHelpText(
      'after',
      `
Examples:
  vayu completion bash > /etc/bash_completion.d/vayu
  vayu completion zsh > "\${fpath[1]}/_vayu"
  vayu completion fish > ~/.config/fish/completions/vayu.fish`,
    )
    .action((shell: Shell, _options: unknown, command: Command) => {
      const program = command.parent;
      if (program !== null) process.stdout.write(completionScript(shell, program));
    });
}
