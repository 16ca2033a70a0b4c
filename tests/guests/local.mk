# SPDX-License-Identifier: MIT
# Boots of Debian's kernels. They need what fetch.sh gets, and say so without it.
guest_boots = \
    %D%/boot_686.py \
    %D%/boot_686_pae.py \
    %D%/boot_amd64.py \
    %D%/boot_cloud_amd64.py \
    %D%/determinism.py \
    %D%/smp_686_pae.py \
    %D%/smp_amd64.py
EXTRA_DIST += $(guest_boots) \
    %D%/fetch.sh \
    %D%/guest.py \
    %D%/init \
    %D%/portable.py
if CROSS
if CAN_RUN
TESTS += %D%/portable.py
endif
else
if !SANITIZERS
TESTS += $(guest_boots)
endif
endif
