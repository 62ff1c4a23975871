/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The gofer command: curl's basic options over the library's public interface.
 *
 *     main -> options -> run -> transfer -> request, output, verbose, write_out
 *
 * Everything runs on the main thread; the library's own threads never call back
 * into the command.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/run.h"

/*
 * A descriptor 0, 1 or 2 that the caller left closed would be given to the next
 * socket, and the output would go to a server. A wrong-way /dev/null keeps the
 * place, and still fails what is read from or written to it.
 */
static void fill_standard_descriptors(void)
{
    int fd = STDIN_FILENO;

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = fcntl(fd, F_GETFD) >= 0 ? fd + 1
                                     : open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static enum exit_code execute(const struct config *config)
{
    if (config->help)
        return help_print();
    if (config->version)
        return help_print_version();
    return run(config);
}

int main(int argc, char **argv)
{
    struct config config;
    enum exit_code code;

    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a reader that left is a write error: 23 */
    config_init(&config);
    code = options_parse(&config, argc, argv);
    if (code == CODE_OK)
        code = execute(&config);
    config_fini(&config);
    return (int)code;
}
