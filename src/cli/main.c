/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The gofer command: curl's basic options over the library's public interface.
 *
 *     main -> options -> run -> plan, transfer -> request, receive, verbose, write_out
 *
 * A transfer runs on one thread from its begin to its end: the main thread, or with
 * -Z one of several.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/completion.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/rc_file.h"
#include "cli/run.h"
#include "cli/trace_file.h"

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

/* Whether the first argument is -q, alone or before other letters, or --disable. */
static bool skips_rc_file(int argc, char **argv)
{
    return argc > 1 && (strncmp(argv[1], "-q", 2) == 0 || strcmp(argv[1], "--disable") == 0);
}

static void apply_rc_file(struct global *global)
{
    struct text name = {0};

    if (rc_file_find(&name))
        rc_file_apply(global, text_str(&name));
    text_fini(&name);
}

/* What -w, -c - and the like could not write; of bodies it is known already. */
static enum exit_code judge_stdout(const struct global *global)
{
    struct text problem = {0};
    bool flushed = fflush(stdout) == 0;

    if (flushed && !ferror(stdout))
        return CODE_OK;
    text_append_str(&problem, "Failed writing to stdout");
    if (!flushed)
        text_printf(&problem, ": %s", strerror(errno));
    message_error(global->first, CODE_WRITE, text_str(&problem));
    text_fini(&problem);
    return CODE_WRITE;
}

/* The transfers, and pictures of them. */
static enum exit_code transfer_all(struct global *global)
{
    enum exit_code code, drawn;

    global->timeline = picture_begin(global);
    trace_file_open(global);
    code = run(global);
    trace_file_close(global);
    drawn = picture_finish(global->timeline, global);
    code = code != CODE_OK ? code : drawn;
    return code != CODE_OK ? code : judge_stdout(global);
}

static enum exit_code execute(struct global *global)
{
    if (global->help)
        return help_print(global->help_category);
    if (global->version)
        return help_print_version();
    if (global->completion != NULL)
        return completion_print(global->completion);
    return transfer_all(global);
}

int main(int argc, char **argv)
{
    struct global global;
    enum exit_code code;

    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a reader that left is a write error: 23 */
    global_init(&global);
    if (!skips_rc_file(argc, argv))
        apply_rc_file(&global);
    code = options_parse(&global, argc, argv);
    message_open(&global);
    if (code == CODE_OK)
        code = execute(&global);
    global_fini(&global);
    return (int)code;
}
