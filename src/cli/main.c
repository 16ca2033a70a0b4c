/* SPDX-License-Identifier: MIT */
#include <ersatz/ersatz.h>
#include <stdio.h>

int main(void)
{
    printf("Ersatz %s\n", ersatz_version());
    return 0;
}
