/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/types.h"

static const char *const texts[] = {
#define ERROR_TEXT(id, number, text) [number] = text,
    ERSATZ_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
};

const char *ersatz_err_text(int code)
{
    unsigned n = code < 0 ? 0u - (unsigned)code : (unsigned)code;
    return n < ARRAY_LEN(texts) ? texts[n] : "unknown error";
}

int err_set(struct ersatz_error *error, enum ersatz_err code, const char *fmt, ...)
{
    va_list ap;

    if (error) {
        error->code = code;
        va_start(ap, fmt);
        vsnprintf(error->text, sizeof error->text, fmt, ap);
        va_end(ap);
    }
    return -(int)code;
}
