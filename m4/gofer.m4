# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# gofer's own configure switches and compiler probes. Each GOFER_ARG_* reads one
# switch and leaves enable_x / with_x set; they run before AC_PROG_CC, because
# GOFER_DEFAULT_CFLAGS must know them to choose -O. A user's CFLAGS always win.

# --enable-debug: lock ranks are checked and assert() is alive.
AC_DEFUN([GOFER_ARG_DEBUG], [
AC_ARG_ENABLE([debug],
    [AS_HELP_STRING([--enable-debug], [check lock ranks and assertions, build with -O1 -g])],
    [], [enable_debug=no])
AS_IF([test "$enable_debug" = no], [DEBUG_CPPFLAGS=-DNDEBUG], [DEBUG_CPPFLAGS=-DGOFER_DEBUG])
AC_SUBST([DEBUG_CPPFLAGS])
])

# --with-sanitizer: one or several, joined with commas.
AC_DEFUN([GOFER_ARG_SANITIZER], [
AC_ARG_WITH([sanitizer],
    [AS_HELP_STRING([--with-sanitizer=LIST],
        [build everything with address, thread, undefined or address,undefined])],
    [], [with_sanitizer=no])
AS_CASE([$with_sanitizer],
    [no], [],
    [address|thread|undefined|address,undefined|undefined,address|thread,undefined|undefined,thread],
        [SANITIZER_CFLAGS="-fsanitize=$with_sanitizer -fno-omit-frame-pointer"],
    [AC_MSG_ERROR([--with-sanitizer: "$with_sanitizer" is not address, thread, undefined or a pair])])
AS_CASE([$with_sanitizer],
    [*undefined*], [SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fno-sanitize-recover=undefined"])
AC_SUBST([SANITIZER_CFLAGS])
])

# --enable-fuzz: instrumented for clang's libFuzzer; `make fuzzers`.
AC_DEFUN([GOFER_ARG_FUZZ], [
AC_ARG_ENABLE([fuzz],
    [AS_HELP_STRING([--enable-fuzz], [instrument for libFuzzer (clang); see tests/fuzz])],
    [], [enable_fuzz=no])
AS_IF([test "$enable_fuzz" != no],
    [SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fsanitize=fuzzer-no-link"
     AC_SUBST([FUZZ_LDFLAGS], [-fsanitize=fuzzer])])
])

# --enable-coverage: counts what the tests reach; `make coverage`. Threads count at once, and
# nothing is optimised away, or lines and branches would be counted where they are not written.
AC_DEFUN([GOFER_ARG_COVERAGE], [
AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [count lines and branches that tests reach (gcc); see "make coverage"])],
    [], [enable_coverage=no])
AC_SUBST([COVERAGE_CFLAGS], [])
AS_IF([test "$enable_coverage" != no], [COVERAGE_CFLAGS="--coverage -fprofile-update=atomic"])
])

# --enable-werror: for CI; a release must not break on the next compiler's taste.
AC_DEFUN([GOFER_ARG_WERROR], [
AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make compiler warnings errors])],
    [], [enable_werror=no])
])

# --disable-cli: the library without the gofer command.
AC_DEFUN([GOFER_ARG_CLI], [
AC_ARG_ENABLE([cli],
    [AS_HELP_STRING([--disable-cli], [do not build the gofer command])],
    [], [enable_cli=yes])
AM_CONDITIONAL([CLI], [test "$enable_cli" != no])
])

# --with-brotli, --with-zstd: auto, yes (an error where it is missing) or no.
# GOFER_ARG_CODING(NAME)
AC_DEFUN([GOFER_ARG_CODING], [
AC_ARG_WITH([$1],
    [AS_HELP_STRING([--without-$1], [leave out the content coding $1, whether it is there or not])],
    [], [with_$1=auto])
AS_CASE([$with_$1], [auto|yes|no], [],
    [AC_MSG_ERROR([--with-$1: "$with_$1" is not auto, yes or no])])
])

# Looks for its library and leaves with_NAME yes or no.
# GOFER_CHECK_CODING(NAME, VARIABLE, MODULE, VERSION, PACKAGE)
AC_DEFUN([GOFER_CHECK_CODING], [
gofer_wanted=$with_$1
AS_IF([test "$with_$1" != no],
    [PKG_CHECK_MODULES([$2], [$3 >= $4], [with_$1=yes], [with_$1=no])])
AS_IF([test "$gofer_wanted$with_$1" = yesno],
    [AC_MSG_ERROR([$3 $4 or newer is missing (Debian: $5)])])
AS_IF([test "$with_$1" = yes], [CODING_REQUIRES="$CODING_REQUIRES, $3 >= $4"])
AC_SUBST([CODING_REQUIRES])
AM_CONDITIONAL([$2], [test "$with_$1" = yes])
])

# --with-jansson: as the codings. Only the command uses it.
AC_DEFUN([GOFER_ARG_JANSSON], [
AC_ARG_WITH([jansson],
    [AS_HELP_STRING([--without-jansson],
        [leave the pictures of the command out, whether jansson is there or not])],
    [], [with_jansson=auto])
AS_CASE([$with_jansson], [auto|yes|no], [],
    [AC_MSG_ERROR([--with-jansson: "$with_jansson" is not auto, yes or no])])
])

AC_DEFUN([GOFER_CHECK_JANSSON], [
gofer_wanted=$with_jansson
AS_IF([test "$with_jansson" != no],
    [PKG_CHECK_MODULES([JANSSON], [jansson >= 2.10], [with_jansson=yes], [with_jansson=no])])
AS_IF([test "$gofer_wanted$with_jansson" = yesno],
    [AC_MSG_ERROR([jansson 2.10 or newer is missing (Debian: libjansson-dev)])])
AM_CONDITIONAL([JANSSON], [test "$with_jansson" = yes])
])

# --enable-lto: the shared library is optimised as a whole. Where neither it nor CFLAGS are given
# it is done if the compiler can; GOFER_DEFAULT_CFLAGS settles that.
AC_DEFUN([GOFER_ARG_LTO], [
AC_ARG_ENABLE([lto],
    [AS_HELP_STRING([--disable-lto],
        [do not optimise the shared library as a whole (gcc; on unless CFLAGS are given)])],
    [], [enable_lto=auto])
AS_CASE([$enable_lto], [auto|yes|no], [],
    [AC_MSG_ERROR([--enable-lto: "$enable_lto" is not auto, yes or no])])
])

# -O1 where a person will look into the program, the usual -O2 elsewhere.
AC_DEFUN([GOFER_DEFAULT_CFLAGS], [
AC_BEFORE([$0], [AC_PROG_CC])
AS_CASE([$enable_lto$enable_debug$with_sanitizer$enable_coverage${CFLAGS+given}],
    [autononono], [],
    [auto*], [enable_lto=no])
AS_CASE([$enable_debug$with_sanitizer$enable_coverage],
    [nonono], [: ${CFLAGS="-O2 -g"}],
    [nonoyes], [: ${CFLAGS="-O0 -g"}],
    [: ${CFLAGS="-O1 -g"}])
])

# A sanitizer that does not link is an error now, not a riddle later. Shared
# libraries leave the sanitizer's own symbols open, so -z defs is for builds
# without one.
AC_DEFUN([GOFER_CHECK_SANITIZER], [
AS_IF([test "$with_sanitizer" = no],
    [AC_SUBST([LIBGOFER_DEFS_LDFLAGS], [-Wl,-z,defs])],
    [AC_MSG_CHECKING([whether $CC links with $SANITIZER_CFLAGS])
     gofer_saved_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS $SANITIZER_CFLAGS"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
         [AC_MSG_RESULT([yes])],
         [AC_MSG_RESULT([no])
          AC_MSG_ERROR([$CC has no sanitizer "$with_sanitizer"])])
     CFLAGS=$gofer_saved_CFLAGS])
])

# A call crosses most files of the library, and half of the functions on its way are a few
# instructions: as a whole it is a tenth shorter, and asks for fewer lines of the cache. Objects are
# whole without it, too, for the static library and the tests (LDFLAGS of NO_LTO_LDFLAGS).
AC_DEFUN([GOFER_CHECK_LTO], [
AS_IF([test "$enable_shared" = no], [enable_lto=no])
AS_IF([test "$enable_lto" != no],
    [gofer_wanted=$enable_lto
     AC_MSG_CHECKING([whether $CC optimises a library as a whole])
     gofer_saved_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS -flto=auto -ffat-lto-objects -Werror"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [enable_lto=yes], [enable_lto=no])
     CFLAGS=$gofer_saved_CFLAGS
     AC_MSG_RESULT([$enable_lto])
     AS_IF([test "$gofer_wanted$enable_lto" = yesno],
         [AC_MSG_ERROR([--enable-lto: $CC does not take -flto=auto -ffat-lto-objects])])])
AS_IF([test "$enable_lto" = yes],
    [AC_SUBST([LTO_CFLAGS], ["-flto=auto -ffat-lto-objects"])
     AC_SUBST([LTO_LDFLAGS], ["-flto=auto"])
     AC_SUBST([NO_LTO_LDFLAGS], ["-fno-lto"])])
])

# gcc clears structs of a few hundred bytes, a call's and a response's, with "rep stos", which
# takes long to begin; libc's memset is quicker. A call into another library goes to where it is,
# not by way of a stub.
AC_DEFUN([GOFER_TUNE], [
AC_SUBST([TUNE_CFLAGS], [])
AX_APPEND_COMPILE_FLAGS([-mmemset-strategy=libcall:-1:noalign -fno-plt], [TUNE_CFLAGS], [-Werror])
])

# The warnings of the house, those of them that the compiler knows.
AC_DEFUN([GOFER_WARNINGS], [
AC_SUBST([WARN_CFLAGS], [])
AX_APPEND_COMPILE_FLAGS(
    [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla],
    [WARN_CFLAGS], [-Werror])
AS_IF([test "$enable_werror" != no], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
])
