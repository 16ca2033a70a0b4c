#include "lib.h"
void test_vm86(void){} void test_paging(void){} void test_debug(void){} void test_control(void){} void test_order(void){} void test_events(void){}
