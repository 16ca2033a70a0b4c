/* SPDX-License-Identifier: MIT */
#include <ersatz/ersatz.h>
#include <stdio.h>

int main(void)
{
    puts(ersatz_err_text(ERSATZ_OK));
    return 0;
}
