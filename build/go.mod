// What is built is no part of the module: ./... ends here, whatever a guest's image holds.
module plimsoll/build

go 1.26.0
