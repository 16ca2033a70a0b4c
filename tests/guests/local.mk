# SPDX-License-Identifier: MIT
EXTRA_DIST += \
    %D%/fetch.sh \
    %D%/init
